#include <sinter/nn/functional.h>
#include <sinter/nn/layers/dropout.h>
#include <sinter/nn/print_internal.h>

namespace sinter::nn {

namespace {

void check(const DropoutOptions& options) {
  SINTER_CHECK_AS(ValueError, options.p() >= 0 && options.p() <= 1,
                  "[dropout] the probability must be between 0 and 1; got ", options.p());
}

void print(std::ostream& stream, const char* name, const DropoutOptions& options) {
  stream << "sinter::nn::" << name << "(p=" << options.p()
         << ", inplace=" << detail::word(options.inplace()) << ")";
}

functional::DropoutFuncOptions func_options(const DropoutOptions& options, bool training) {
  return functional::DropoutFuncOptions()
      .p(options.p())
      .training(training)
      .inplace(options.inplace());
}

}  // namespace

DropoutImpl::DropoutImpl(const DropoutOptions& options_) : options(options_) {
  DropoutImpl::reset();
}
void DropoutImpl::reset() { check(options); }
void DropoutImpl::pretty_print(std::ostream& stream) const { print(stream, "Dropout", options); }
Tensor DropoutImpl::forward(Tensor input) {
  return functional::dropout(std::move(input), func_options(options, is_training()));
}

Dropout2dImpl::Dropout2dImpl(const Dropout2dOptions& options_) : options(options_) {
  Dropout2dImpl::reset();
}
void Dropout2dImpl::reset() { check(options); }
void Dropout2dImpl::pretty_print(std::ostream& stream) const {
  print(stream, "Dropout2d", options);
}
Tensor Dropout2dImpl::forward(Tensor input) {
  return functional::dropout2d(std::move(input), func_options(options, is_training()));
}

}  // namespace sinter::nn
