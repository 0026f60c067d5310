// How calls of ops are written in C++.
#pragma once
#include <sinter/ops/attrs.h>
#include <sinter/ops/op_def.h>

#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace sinter::ops {

// What a spelling writes: the inputs of a call and its attributes, by name. Asking for what is not
// there, or for another kind, throws.
class CallParts {
 public:
  using Items = std::vector<AttrsType::Item>;
  CallParts(std::vector<Tensor> inputs, Items items)
      : inputs_(std::move(inputs)), items_(std::move(items)) {}

  Tensor& operator[](std::size_t i);                  // an input that is no C++ number
  Scalar scalar(std::size_t i) const;                 // an input that is one
  std::vector<Tensor> from(std::size_t first) const;  // the inputs from there on

  std::int64_t integer(std::string_view name) const { return get<std::int64_t>(name); }
  double real(std::string_view name) const { return get<double>(name); }
  bool flag(std::string_view name) const { return get<bool>(name); }
  Scalar number(std::string_view name) const { return get<Scalar>(name); }
  Dims dims(std::string_view name) const { return get<Dims>(name); }
  std::int64_t only(std::string_view name) const;  // of a list of one
  Dims half(std::string_view name) const;          // of a list whose halves are alike
  Dims pads() const;                               // "before" and "after" as pad() takes them
  DType dtype(std::string_view name) const { return get<DType>(name); }
  MemoryFormat format(std::string_view name) const { return get<MemoryFormat>(name); }

 private:
  template <class T>
  T get(std::string_view name) const {
    return from_attr_value<T>(value(name));
  }
  const AttrValue& value(std::string_view name) const;

  std::vector<Tensor> inputs_;
  Items items_;
};

// What a function returned: a tensor, or a tuple of them.
struct Returned {
  std::vector<Tensor> tensors;
  bool tuple = false;
};

// A call of a public function that calls the op, for some inputs and attributes: text is the source
// of run, with c the parts: "sinter::softmax(c[0], c.integer(\"dim\"))". Whether it makes just the
// call wanted is to be tried.
struct Spelling {
  std::string_view op;
  std::string_view text;
  Returned (*run)(CallParts& c);
  // Where the input's sizes make the call unnecessary, it returns the input itself.
  bool may_return_input = false;
};

// Those of an op, the shortest first; none where it has no function of its own.
std::vector<const Spelling*> spellings_of(const OpDef& op);

// The tables.
std::span<const Spelling> pointwise_spellings();
std::span<const Spelling> tensor_spellings();  // views, copies, creation, random numbers, indexing
std::span<const Spelling> layer_spellings();   // reductions, products, layers

}  // namespace sinter::ops
