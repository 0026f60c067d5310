// Arguments of graph nodes: values of other nodes, numbers, and lists of them.
#pragma once
#include <sinter/core/scalar.h>
#include <sinter/core/tensor_impl.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

namespace sinter::graph {

class Node;

// One of the results of a node.
struct Value {
  Node* node = nullptr;
  std::uint32_t index = 0;  // which result

  explicit operator bool() const { return node != nullptr; }
  friend bool operator==(const Value&, const Value&) = default;
  // What the node's results say of it.
  const TensorMeta& meta() const;
};

// An argument: nothing (an input that was not given), a value, a C++ number, or a list.
class Arg {
 public:
  using List = std::vector<Arg>;

  Arg() = default;
  Arg(Value value) : content_(value) {}          // NOLINT
  Arg(Node* node) : Arg(Value{node}) {}          // NOLINT
  Arg(Scalar number) : content_(number) {}       // NOLINT
  Arg(List list) : content_(std::move(list)) {}  // NOLINT

  bool is_none() const { return std::holds_alternative<std::monostate>(content_); }
  bool is_value() const { return std::holds_alternative<Value>(content_); }
  bool is_number() const { return std::holds_alternative<Scalar>(content_); }
  bool is_list() const { return std::holds_alternative<List>(content_); }
  // What it holds. Throw TypeError when it holds something else.
  Value value() const;
  const Scalar& number() const;
  const List& list() const;
  // The node of a value; nullptr for anything else.
  Node* node() const { return is_value() ? std::get<Value>(content_).node : nullptr; }

  // Calls fn(Value&) (or fn(Value)) for each value in it, in order.
  template <class F>
  void for_each_value(F&& fn) {
    if (auto* value = std::get_if<Value>(&content_)) {
      fn(*value);
    } else if (auto* list = std::get_if<List>(&content_)) {
      for (Arg& arg : *list) arg.for_each_value(fn);
    }
  }
  template <class F>
  void for_each_value(F&& fn) const {
    const_cast<Arg*>(this)->for_each_value([&](Value& value) { fn(std::as_const(value)); });
  }

 private:
  std::variant<std::monostate, Value, Scalar, List> content_;
};

}  // namespace sinter::graph
