#include "autograd_testing.h"

#include <sinter/autograd/custom_function.h>
#include <sinter/autograd/gradcheck.h>

namespace autograd = sinter::autograd;
using namespace sinter;
using namespace sinter::testing;
using autograd::AutogradContext;
using autograd::variable_list;

namespace {

struct Cube : autograd::Function<Cube> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    return x * x * x;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const Tensor x = ctx->get_saved_variables()[0];
    return {grads[0] * x * x * 3};
  }
};

struct Exp : autograd::Function<Exp> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    const Tensor y = x.exp();
    ctx->save_for_backward({y});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    return {grads[0] * ctx->get_saved_variables()[0]};
  }
};

struct LinearWith : autograd::Function<LinearWith> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x, double factor,
                               const std::optional<Tensor>& bias, const variable_list& more) {
    ctx->saved_data["factor"] = factor;
    ctx->saved_data["bias"] = bias.has_value();
    ctx->saved_data["more"] = more.size();
    ctx->saved_data["name"] = "linear";
    Tensor y = x * factor;
    if (bias) y = y + *bias;
    for (const Tensor& m : more) y = y + m;
    return {y, y > 0};
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    CHECK(ctx->saved_data["name"].toStringRef() == "linear");
    variable_list out{grads[0] * ctx->saved_data["factor"].toDouble(), Tensor()};
    out.push_back(ctx->saved_data["bias"].toBool() ? grads[0] : Tensor());
    for (std::int64_t i = 0; i < ctx->saved_data["more"].toInt(); ++i) out.push_back(grads[0]);
    return out;
  }
};

struct DoubleInPlace : autograd::Function<DoubleInPlace> {
  static Tensor forward(AutogradContext* ctx, Tensor x) {
    x.mul_(2);
    ctx->mark_dirty({x});
    return x;
  }
  static variable_list backward(AutogradContext*, const variable_list& grads) {
    return {grads[0] * 2};
  }
};

struct Same : autograd::Function<Same> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x; }
  static variable_list backward(AutogradContext*, const variable_list& grads) {
    return {grads[0] * 7};
  }
};

struct TwoOutputs : autograd::Function<TwoOutputs> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x, bool materialize) {
    ctx->set_materialize_grads(materialize);
    const Tensor rounded = x.round();
    ctx->mark_non_differentiable({rounded});
    return {x * 2, x * 3, rounded};
  }
  static inline bool second_defined = false;
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    CHECK(ctx->needs_input_grad(0));
    CHECK_FALSE(ctx->needs_input_grad(1));
    second_defined = grads[1].defined();
    Tensor out = grads[0] * 2;
    if (second_defined) out = out + grads[1] * 3;
    return {out, Tensor()};
  }
};

struct WrongCount : autograd::Function<WrongCount> {
  static Tensor forward(AutogradContext*, const Tensor& x, double) { return x * 1; }
  static variable_list backward(AutogradContext*, const variable_list& grads) { return grads; }
};

struct GradientOfNumber : autograd::Function<GradientOfNumber> {
  static Tensor forward(AutogradContext*, const Tensor& x, double) { return x * 1; }
  static variable_list backward(AutogradContext*, const variable_list& grads) {
    return {grads[0], grads[0]};
  }
};

struct WrongShape : autograd::Function<WrongShape> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x * 1; }
  static variable_list backward(AutogradContext*, const variable_list&) {
    return {values({1, 2, 3})};
  }
};

}  // namespace

TEST_CASE("a function's backward is its own") {
  const Tensor w = leaf({2, 3});
  const Tensor y = Cube::apply(w);
  CHECK(y.grad_fn()->name() == "CubeBackward");
  CHECK(elements(y) == Numbers{8, 27});
  y.sum().backward();
  CHECK(elements(w.grad()) == Numbers{12, 27});
  CHECK(message_of([&] { y.sum().backward(); }) ==
        "[backward] the graph was already freed; call backward with retain_graph=true to go "
        "through it again; got a second pass through CubeBackward");
}

TEST_CASE("a function's gradients can be differentiated") {
  const auto cube = [](const variable_list& in) { return variable_list{Cube::apply(in[0])}; };
  const auto exp = [](const variable_list& in) { return variable_list{Exp::apply(in[0])}; };
  CHECK(autograd::gradcheck(cube, {leaf({0.5, -2, 3})}));
  CHECK(autograd::gradgradcheck(cube, {leaf({0.5, -2, 3})}));
  CHECK(autograd::gradcheck(exp, {leaf({0.5, -2, 1})}));
  CHECK(autograd::gradgradcheck(exp, {leaf({0.5, -2, 1})}));
}

TEST_CASE("a function that no argument wants gradients of is not recorded") {
  CHECK_FALSE(Cube::apply(values({2})).requires_grad());
  const Tensor w = leaf({2});
  const NoGradGuard no_grad;
  CHECK_FALSE(Cube::apply(w).requires_grad());
}

TEST_CASE("a function takes numbers, optional tensors and lists of tensors") {
  const Tensor x = leaf({1, -2});
  const Tensor a = leaf({1, 1});
  const Tensor b = leaf({2, 2});
  const auto out = LinearWith::apply(x, 3.0, std::optional<Tensor>(), variable_list{a, b});
  CHECK(elements(out[0]) == Numbers{6, -3});
  CHECK_FALSE(out[1].requires_grad());
  out[0].sum().backward();
  CHECK(elements(x.grad()) == Numbers{3, 3});
  CHECK(elements(a.grad()) == Numbers{1, 1});
  CHECK(elements(b.grad()) == Numbers{1, 1});
  LinearWith::apply(x, 1.0, std::optional<Tensor>(a), variable_list{})[0].sum().backward();
  CHECK(elements(a.grad()) == Numbers{2, 2});
}

TEST_CASE("a function may change an argument in place") {
  const Tensor w = leaf({1, 2});
  Tensor x = w * 1;
  const Tensor view = x.narrow(0, 0, 1);
  const Tensor y = DoubleInPlace::apply(x);
  CHECK(y.is_same(x));
  CHECK(x.grad_fn()->name() == "DoubleInPlaceBackward");
  (x.sum() + view.sum() * 10).backward();
  CHECK(elements(w.grad()) == Numbers{22, 2});
  CHECK(message_of([&] { DoubleInPlace::apply(w); })
            .starts_with("[DoubleInPlaceBackward] a leaf tensor that requires grad cannot be "
                         "changed in place"));
}

TEST_CASE("a function may change a view in place") {
  const Tensor w = leaf({1, 2, 3});
  const Tensor x = w * 1;
  DoubleInPlace::apply(x.narrow(0, 1, 2));
  CHECK(elements(x) == Numbers{1, 4, 6});
  x.sum().backward();
  CHECK(elements(w.grad()) == Numbers{1, 2, 2});
}

TEST_CASE("a function that returns its argument returns another tensor") {
  const Tensor w = leaf({1, 2});
  const Tensor y = Same::apply(w);
  CHECK_FALSE(y.is_same(w));
  y.sum().backward();
  CHECK(elements(w.grad()) == Numbers{7, 7});
}

TEST_CASE("outputs without gradient arrive as zeros, or undefined when asked for") {
  const Tensor w = leaf({1, 2});
  const auto out = TwoOutputs::apply(w, true);
  CHECK_FALSE(out[2].requires_grad());
  out[0].sum().backward();
  CHECK(TwoOutputs::second_defined);
  CHECK(elements(w.grad()) == Numbers{2, 2});
  TwoOutputs::apply(w, false)[0].sum().backward();
  CHECK_FALSE(TwoOutputs::second_defined);
  CHECK(elements(w.grad()) == Numbers{4, 4});
}

TEST_CASE("a function whose backward does not fit is told so") {
  const Tensor w = leaf({1, 2});
  CHECK(message_of([&] { WrongCount::apply(w, 1.0).sum().backward(); }) ==
        "[WrongCountBackward] backward must return one gradient per argument of forward; got 1 for "
        "2");
  CHECK(message_of([&] { GradientOfNumber::apply(w, 1.0).sum().backward(); }) ==
        "[GradientOfNumberBackward] argument 1 of forward is no tensor and has no gradient; got "
        "one of [2]");
  CHECK(message_of([&] { WrongShape::apply(w).sum().backward(); }) ==
        "[backward] WrongShapeBackward made a gradient of the wrong shape for input 0; got [3] for "
        "[2]");
}

TEST_CASE("a tensor saved by a function is checked for changes") {
  const Tensor w = leaf({1, 2});
  Tensor x = w * 1;
  const Tensor y = Cube::apply(x);
  x.add_(1);
  CHECK(message_of([&] { y.sum().backward(); }) ==
        "[CubeBackward] a tensor saved for backward (saved 0 of CubeBackward, f64 [2]) was changed "
        "in place since: version 1, expected 0");
}

TEST_CASE("saved_data says what it holds when it is read as something else") {
  AutogradContext ctx;
  ctx.saved_data["n"] = 3;
  CHECK(ctx.saved_data["n"].toInt() == 3);
  CHECK(ctx.saved_data["missing"].isNone());
  CHECK(message_of<TypeError>([&] { ctx.saved_data["n"].toTensor(); }) ==
        "[saved_data] the value must be a tensor; got an integer");
  CHECK(message_of([&] { ctx.get_saved_variables(); }) ==
        "[get_saved_variables] saved variables can be read in backward only; got a call outside of "
        "it");
  CHECK(message_of([&] { ctx.needs_input_grad(0); }) ==
        "[needs_input_grad] the argument must be one of forward; got 0");
}
