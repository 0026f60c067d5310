#include <sinter/core/tensor_factory.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/tensor_literal.h>
#include <sinter/ops/view.h>

#include <algorithm>
#include <cstring>

namespace sinter {

TensorLiteral::TensorLiteral(std::initializer_list<TensorLiteral> parts)
    : sizes_{static_cast<std::int64_t>(parts.size())} {
  if (parts.size() == 0) return;
  const TensorLiteral& first = *parts.begin();
  kind_ = first.kind_;
  for (const std::int64_t size : first.sizes_) sizes_.push_back(size);
  for (const TensorLiteral& part : parts) {
    SINTER_CHECK_AS(ValueError, part.sizes_ == first.sizes_,
                    "[tensor] braces at one level must have equal sizes; got ", first.sizes(),
                    " and ", part.sizes());
    SINTER_CHECK_AS(ValueError, part.kind_ == kind_ || part.values_.empty(),
                    "[tensor] elements must be all bool, all integers or all floating; got a mix");
    values_.insert(values_.end(), part.values_.begin(), part.values_.end());
  }
}

namespace {

// A dtype for each kind of C++ number.
DType dtype_of_kind(DTypeCategory kind) {
  if (kind == DTypeCategory::boolean) return kBool;
  return kind == DTypeCategory::integral ? kInt64 : get_default_dtype();
}

DType chosen_dtype(const TensorOptions& options, DTypeCategory kind) {
  return options.dtype_opt().value_or(dtype_of_kind(kind));
}

// Filled on the CPU as made, then converted and moved as the options say.
Tensor finish(const Tensor& filled, DType dtype, const TensorOptions& options) {
  Tensor out = filled.to(options.device(), dtype);
  if (options.requires_grad()) out.set_requires_grad(true);
  return out;
}

}  // namespace

Tensor tensor(const TensorLiteral& literal, const TensorOptions& options) {
  const DType dtype = chosen_dtype(options, literal.kind());
  Tensor out = empty_tensor("tensor", literal.sizes(), dtype);
  visit_dtype(dtype, [&]<class T>() {
    std::transform(literal.values().begin(), literal.values().end(),
                   reinterpret_cast<T*>(out.impl()->data()),
                   [](const Scalar& value) { return value.to<T>(); });
  });
  return finish(out, dtype, options);
}

namespace detail {

Tensor tensor_from(const void* values, std::size_t count, DType dtype,
                   const TensorOptions& options) {
  const Tensor out = empty_tensor("tensor", {static_cast<std::int64_t>(count)}, dtype);
  if (count > 0) std::memcpy(out.impl()->data(), values, count * element_size(dtype));
  return finish(out, chosen_dtype(options, category(dtype)), options);
}

}  // namespace detail
}  // namespace sinter
