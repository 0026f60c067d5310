// Functional: a function as a module.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace sinter::nn {

// Calls a function of one tensor: Sequential(Linear(3, 4), Functional(sinter::relu)). Arguments
// that follow the function are passed to it after the tensor: Functional(sinter::leaky_relu, 0.2).
// It has no state and is not saved.
class FunctionalImpl : public Cloneable<FunctionalImpl> {
 public:
  using Function = sinter::Callable<Tensor(Tensor)>;
  explicit FunctionalImpl(Function function);
  template <class F, class... Args>
  requires(sizeof...(Args) > 0) explicit FunctionalImpl(F function, Args... args)
      : FunctionalImpl(Function([=](const Tensor& input) { return function(input, args...); })) {}

  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);
  bool is_serializable() const override { return false; }

 private:
  std::shared_ptr<const Function> function_;
};
SINTER_MODULE(Functional);

}  // namespace sinter::nn
