// lint() on graphs that are broken, one rule at a time.
#include <sinter/graph/compile.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

using namespace sinter;
using graph::Graph;
using graph::GraphModule;
using graph::Kind;
using graph::Node;

namespace {

// Members that only a broken pass could get wrong: an explicit instantiation may name them.
template <class Tag, typename Tag::Member M>
struct Open {
  friend typename Tag::Member member(Tag) { return M; }
};
#define OPEN_MEMBER(Tag, Type, Class, name) \
  struct Tag {                              \
    using Member = Type Class::*;           \
    friend Member member(Tag);              \
  };                                        \
  template struct Open<Tag, &Class::name>
OPEN_MEMBER(Prev, Node*, Node, prev_);
OPEN_MEMBER(Name, std::string, Node, name_);
OPEN_MEMBER(Args, graph::Arg::List, Node, args_);
OPEN_MEMBER(Users, std::vector<Node*>, Node, users_);
OPEN_MEMBER(Op, const ops::OpDef*, Node, op_);
OPEN_MEMBER(Region, std::shared_ptr<Graph>, Node, region_);
OPEN_MEMBER(Target, std::string, Node, target_);
OPEN_MEMBER(Size, std::size_t, Graph, size_);
#undef OPEN_MEMBER

struct NetImpl : nn::Module {
  NetImpl() : fc(register_module("fc", nn::Linear(4, 4))) {
    scale = register_parameter("scale", ones({4}));
  }
  Tensor forward(const Tensor& x) {
    const Tensor y = (fc(x).exp() + x.sin()).view({8});
    return y.view({2, 4}) * scale;
  }
  nn::Linear fc;
  Tensor scale;
};
SINTER_MODULE(Net);

struct Broken {
  Net net;
  GraphModule module = graph::trace(net, {ones({2, 4})});
  Graph& graph = module->graph();

  Node& operator[](const char* name) const {
    Node* node = graph.find(name);
    if (node == nullptr) FAIL("no node " << name << " in\n" << graph.str());
    return *node;
  }
  void check(const char* message) const {
    CHECK_THROWS_WITH(graph.lint(), Catch::StartsWith(message));
  }
};

}  // namespace

TEST_CASE("lint finds nothing in a captured graph, nor in an empty one") {
  const Broken sound;
  sound.graph.lint();
  Graph().lint();
}

TEST_CASE("lint checks the order of nodes") {
  SECTION("the output is last") {
    const Broken b;
    b.graph.move_before(b.graph.output(), &b["sin"]);
    b.check("[lint] output: the output must be last");
  }
  SECTION("inputs are first") {
    const Broken b;
    const Graph::InsertionPoint point(b.graph, b.graph.output());
    b.graph.add_input("late", b["sin"].result().meta);
    b.check("[lint] late: inputs come first; got it after ");
  }
  SECTION("arguments are computed before they are used") {
    const Broken b;
    b.graph.move_before(&b["exp"], b.graph.output());
    b.check("[lint] add: arguments come from earlier nodes; got exp");
  }
}

TEST_CASE("lint checks the list of nodes") {
  SECTION("each node knows the one before it") {
    const Broken b;
    b["add"].*member(Prev()) = nullptr;
    b.check("[lint] add: is linked wrongly");
  }
  SECTION("their number") {
    const Broken b;
    ++(b.graph.*member(Size()));
    b.check("[lint] the list does not hold all nodes; got");
  }
  SECTION("their names") {
    const Broken b;
    b["sin"].*member(Name()) = "exp";
    b.check("[lint] exp: names are unique; got it twice");
  }
  SECTION("an output") {
    const Broken b;
    b.graph.erase(b.graph.output());
    b.check("[lint] the graph must have an output; got none");
  }
}

TEST_CASE("lint checks arguments") {
  SECTION("of the same graph") {
    const Broken b;
    const Broken other;
    (b["exp"].*member(Args()))[0] = other["sin"].value();
    b.check("[lint] exp: arguments come from the same graph; got sin");
  }
  SECTION("that exist") {
    const Broken b;
    (b["exp"].*member(Args()))[0] = graph::Value{b["fc"].value().node, 3};
    b.check("[lint] exp: there is no such result; got number 3 of fc");
  }
  SECTION("as many as the op takes") {
    const Broken b;
    (b["exp"].*member(Args())).emplace_back();
    b.check("[lint] exp: exp takes 1 arguments; got 2");
  }
}

TEST_CASE("lint checks the lists of users") {
  SECTION("each use once") {
    const Broken b;
    auto& users = b["exp"].*member(Users());
    users.push_back(users[0]);
    b.check("[lint] exp: the list of users names each use; got 2 for 1");
  }
  SECTION("no use is missing") {
    const Broken b;
    (b["exp"].*member(Users())).clear();
    b.check("[lint] exp: the list of users lacks add");
  }
}

TEST_CASE("lint checks what nodes call") {
  SECTION("an op") {
    const Broken b;
    b["exp"].*member(Op()) = nullptr;
    b.check("[lint] exp: only calls of ops have an op");
  }
  SECTION("with attributes of its own") {
    const Broken b;
    b["exp"].set_attributes(b["view"].attributes());
    b.check("[lint] exp: has the attributes of another op");
  }
  SECTION("a module that there is") {
    const Broken b;
    b["fc"].*member(Target()) = "fd";
    b.check("[lint] fc: there is no module at its path; got \"fd\"");
  }
  SECTION("a tensor that there is") {
    const Broken b;
    b["scale"].*member(Target()) = "fc.scale";
    b.check("[lint] scale: there is no tensor at its path; got \"fc.scale\"");
  }
}

TEST_CASE("lint checks results") {
  SECTION("their number") {
    const Broken b;
    auto results = b["exp"].results();
    results.push_back(results[0]);
    b["exp"].set_results(results);
    b.check("[lint] exp: has 1 results; got 2");
  }
  SECTION("their sizes") {
    const Broken b;
    auto results = b["exp"].results();
    results[0].meta.set_contiguous(Dims{2, 5});
    b["exp"].set_results(results);
    b.check("[lint] exp: result 0 is f32 [2, 4]; got f32 [2, 5]");
  }
  SECTION("their dtypes") {
    const Broken b;
    auto results = b["exp"].results();
    results[0].meta.dtype = kFloat64;
    b["exp"].set_results(results);
    b.check("[lint] exp: result 0 is f32 [2, 4]; got f64 [2, 4]");
  }
  SECTION("their memory") {
    const Broken b;
    auto results = b["view"].results();
    results[0].alias_class = b.graph.new_alias_class();
    b["view"].set_results(results);
    b.check("[lint] view: shares the memory of add, so their alias classes are one; got");
  }
}

TEST_CASE("lint checks regions") {
  const Broken b;
  REQUIRE(graph::FusePointwise().run(b.graph) >= 1);
  b.graph.lint();
  Node* call = nullptr;
  for (Node* node : b.graph.nodes()) {
    if (node->is(Kind::graph)) call = node;
  }
  REQUIRE(call != nullptr);
  SECTION("there is one") {
    call->*member(Region()) = nullptr;
    b.check(("[lint] " + call->name() + ": has no region").c_str());
  }
  SECTION("it takes the arguments") {
    (call->*member(Args())).emplace_back();
    b.check(("[lint] " + call->name() + ": its region takes").c_str());
  }
  SECTION("it is sound itself") {
    call->region()->erase(call->region()->output());
    b.check("[lint] the graph must have an output; got none");
  }
}
