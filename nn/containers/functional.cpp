#include <sinter/nn/containers/functional.h>

#include <ostream>

namespace sinter::nn {

FunctionalImpl::FunctionalImpl(Function function)
    : function_(std::make_shared<const Function>(std::move(function))) {
  SINTER_CHECK_AS(ValueError, static_cast<bool>(*function_),
                  "[functional] needs a function; got none");
}
void FunctionalImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::Functional()";
}
Tensor FunctionalImpl::forward(Tensor input) { return (*function_)(std::move(input)); }

}  // namespace sinter::nn
