// What generated code needs beyond sinter.h: calls of ops that have no function of their own, and
// weights from the file beside the code. See GraphModuleImpl::code().
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/module.h>
#include <sinter/ops/attrs.h>

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace sinter::graph {

// An argument of call(): a tensor, undefined for an input that is not given, or a C++ number.
class CallArgument {
 public:
  CallArgument(Tensor tensor) : tensor_(std::move(tensor)) {}  // NOLINT: all are implicit
  CallArgument(const Scalar& number);                          // NOLINT
  template <class T>
  requires std::is_arithmetic_v<T> CallArgument(T number)  // NOLINT
      : CallArgument(Scalar(number)) {}
  const Tensor& tensor() const { return tensor_; }

 private:
  Tensor tensor_;
};

// An attribute of call(): {"dims", {0, 1}}, {"eps", 0x1p-10}, {"dtype", std::nullopt}.
struct CallAttribute {
  std::string name;
  ops::AttrValue value;

  template <class T>
  requires std::constructible_from<ops::AttrValue, T> CallAttribute(const char* key, const T& item)
      : name(key), value(item) {}
  CallAttribute(const char* key, std::nullopt_t) : name(key) {}
  CallAttribute(const char* key, std::initializer_list<std::int64_t> list)
      : name(key), value(std::vector<std::int64_t>(list)) {}
};

// Calls the op of that name: call("convolution", {x, weight, Tensor()}, {{"groups", 2}, ...}).
// Attributes that are not named keep the op's defaults; enumerators are their integers. An op that
// draws random numbers takes the next ones of default_generator(), as many as its attribute
// "blocks" says. Returns the first result, an undefined tensor where there is none. Throws
// ValueError `[call] ...` for a name that no op has and for another number of arguments than it
// takes, IndexError for an unknown attribute, TypeError for one of the wrong kind, and what the op
// throws.
Tensor call(std::string_view op, const std::vector<CallArgument>& arguments,
            const std::vector<CallAttribute>& attributes = {});
// All results; of an op that makes as many as it is asked for, that many.
std::vector<Tensor> call_multi(std::string_view op, const std::vector<CallArgument>& arguments,
                               const std::vector<CallAttribute>& attributes = {},
                               std::size_t results = 1);
// The in-place form: writes the first argument, and returns it.
Tensor call_in_place(std::string_view op, const std::vector<CallArgument>& arguments,
                     const std::vector<CallAttribute>& attributes = {});

// Copies the tensors of a safetensors file into the parameters and buffers of a module, those
// included that are not persistent, by their paths. Throws ValueError `[load_weights] ...` where a
// tensor is missing in either, or has another shape or dtype, and nothing has been changed then;
// IOError for a file that cannot be read.
void load_weights(nn::Module& module, const std::string& path);

}  // namespace sinter::graph
