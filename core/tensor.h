// Tensor: a handle to an n-dimensional array. Copying a Tensor shares the array.
//
// The class only declares its methods: each is defined by the layer that implements it (views and
// arithmetic in ops/, gradients in autograd/), and does what the function of the same name in
// <sinter/ops/ops.h> does, with *this as the first argument. Names, argument order and defaults are
// those of libtorch's at::Tensor. A method whose name ends in _ changes the tensor in place and
// returns it.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/dims.h>
#include <sinter/core/error.h>
#include <sinter/core/options.h>
#include <sinter/core/random.h>
#include <sinter/core/scalar.h>
#include <sinter/core/tensor_impl.h>

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace sinter {

// libtorch's names for them.
using std::nullopt;
using std::optional;

class Tensor;
using TensorList = std::vector<Tensor>;
using OptionalIntArrayRef = std::optional<IntArrayRef>;
namespace indexing {
class TensorIndex;
}
namespace autograd {
class Node;
}
template <class T, std::size_t N>
class TensorAccessor;

class Tensor {
 public:
  // The undefined tensor: defined() is false and every other call throws.
  Tensor() = default;
  explicit Tensor(IntrusivePtr<TensorImpl> impl) : impl_(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  ~Tensor() = default;

  // To a variable: from now on it stands for the other array.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;
  // To what a call returned: writes elements, so that x[1] = y and x[1][2] = 0.5 change x.
  // NOLINTBEGIN(misc-unconventional-assign-operator,performance-noexcept-move-constructor)
  Tensor& operator=(const Tensor& source) && { return copy_(source); }
  Tensor& operator=(Tensor&& source) && { return copy_(source); }
  Tensor& operator=(const Scalar& value) && { return fill_(value); }
  // NOLINTEND(misc-unconventional-assign-operator,performance-noexcept-move-constructor)

  bool defined() const { return static_cast<bool>(impl_); }
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }
  void reset() { impl_.reset(); }
  TensorImpl* impl() const { return impl_.get(); }
  std::uint32_t use_count() const { return impl_ ? impl_->use_count() : 0; }

  // --- Metadata. Throws Error `[tensor] the tensor must be defined; ...` on an undefined tensor.
  std::int64_t dim() const { return static_cast<std::int64_t>(meta().sizes.size()); }
  std::int64_t ndimension() const { return dim(); }
  std::int64_t numel() const { return meta().numel; }
  IntArrayRef sizes() const { return meta().sizes; }
  // The size of a dimension; negative ones count from the end. Throws IndexError.
  std::int64_t size(std::int64_t dim) const;
  // Elements between neighbours along each dimension. Settles a free layout.
  IntArrayRef strides() const { return settled().strides; }
  std::int64_t stride(std::int64_t dim) const;
  std::int64_t storage_offset() const { return settled().offset; }
  const Storage& storage() const;
  bool has_storage() const { return static_cast<bool>(checked().storage); }
  DType dtype() const { return meta().dtype; }
  DType scalar_type() const { return meta().dtype; }
  Device device() const { return meta().device; }
  Layout layout() const { return checked(), kStrided; }
  std::int64_t get_device() const { return device().index(); }
  std::size_t element_size() const { return sinter::element_size(dtype()); }
  std::size_t itemsize() const { return element_size(); }
  std::size_t nbytes() const { return meta().nbytes(); }
  bool is_contiguous(MemoryFormat format = MemoryFormat::contiguous) const;
  bool is_non_overlapping_and_dense() const { return settled().non_overlapping_and_dense(); }
  MemoryFormat suggest_memory_format() const;
  bool is_floating_point() const { return sinter::is_floating_point(dtype()); }
  bool is_signed() const { return dtype() != kUInt8 && dtype() != kBool; }
  bool is_cpu() const { return device().is_cpu(); }
  bool is_cuda() const { return device().is_cuda(); }
  // dtype, device and requires_grad unset, as at::Tensor::options.
  TensorOptions options() const { return TensorOptions().dtype(dtype()).device(device()); }
  // Raised by every in-place write to this tensor or a view of its memory.
  std::uint32_t _version() const;

  // --- Elements.
  // The address of the first element. Settles a free layout. data_ptr<T>() throws TypeError when T
  // is not the element type.
  void* data_ptr() const;
  template <class T>
  T* data_ptr() const {
    check_dtype("data_ptr", dtype_of<T>);
    return static_cast<T*>(data_ptr());
  }
  // The same for reading only.
  const void* const_data_ptr() const;
  template <class T>
  T* mutable_data_ptr() const {
    return data_ptr<T>();
  }
  template <class T>
  const T* const_data_ptr() const {
    check_dtype("data_ptr", dtype_of<T>);
    return static_cast<const T*>(const_data_ptr());
  }
  // Indexed access by element type and number of dimensions: a[i][j]. Unchecked indices.
  template <class T, std::size_t N>
  TensorAccessor<T, N> accessor() const;
  // The value of a tensor with one element. Throws ValueError for any other number of elements.
  Scalar item() const;
  template <class T>
  T item() const {
    return item().to<T>();
  }
  // As libtorch prints: elements, then [ CPUFloatType{2,3} ].
  std::string str() const;
  std::string toString() const;
  void print() const;

  // --- Autograd (defined in autograd/).
  // Whether it, or something it was computed from, wants a gradient.
  bool requires_grad() const { return checked().wants_grad(); }
  // Asks for a gradient (or no more). Throws TypeError when the elements are not floating, Error
  // for a tensor that was computed from others, or that was made in inference mode.
  const Tensor& requires_grad_(bool requires_grad = true) const;
  Tensor& set_requires_grad(bool requires_grad);
  // Not computed from anything that wants a gradient.
  bool is_leaf() const;
  // The gradient; undefined until a backward pass reached this leaf (or this tensor, when
  // retain_grad was called).
  const Tensor& grad() const;
  Tensor& mutable_grad() const;
  // The recorded call that made this tensor; null for a leaf.
  IntrusivePtr<autograd::Node> grad_fn() const;
  // Adds the gradient of this tensor with respect to each leaf to the leaf's grad(). gradient is
  // that of this tensor, 1 when it is left out, which needs a one-element tensor. retain_graph
  // (create_graph when not given) keeps the graph for another pass, create_graph makes the
  // gradients differentiable themselves, inputs restricts the pass to these tensors. Throws what
  // autograd::backward throws.
  void backward(const Tensor& gradient = {}, std::optional<bool> retain_graph = std::nullopt,
                bool create_graph = false,
                std::optional<std::vector<Tensor>> inputs = std::nullopt) const;
  // Makes backward keep the gradient of a tensor that is no leaf. Throws when it wants none.
  void retain_grad() const;
  bool retains_grad() const;
  // Calls hook(gradient) when the gradient of this tensor has been computed; a hook that returns a
  // defined tensor of the same shape and type replaces it. Hooks run in the order of their
  // registration. Returns a number for remove_hook. Throws when the tensor wants no gradient.
  template <class Hook>
  unsigned register_hook(Hook hook) const {
    if constexpr (std::is_void_v<std::invoke_result_t<Hook&, const Tensor&>>) {
      return add_hook([call = std::move(hook)](const Tensor& gradient) mutable {
        call(gradient);
        return Tensor();
      });
    } else {
      return add_hook(std::move(hook));
    }
  }
  // Throws IndexError for a number that register_hook of this tensor did not return.
  void remove_hook(unsigned position) const;
  // Whether it shares the elements of a tensor it was made from by an op such as view or select.
  bool is_view() const { return static_cast<bool>(checked().view_base); }
  // That tensor; undefined when this is no view.
  Tensor _base() const { return Tensor(checked().view_base); }
  bool is_inference() const { return checked().inference; }
  // The same elements, cut off from the graph: shares memory and version.
  Tensor detach() const;
  // Cuts this tensor itself off from the graph. Throws for a view.
  Tensor& detach_();
  // Replaces this tensor's elements and metadata by those of source, without autograd noticing.
  void set_data(const Tensor& source) const;
  // The same elements with a version of their own: autograd does not notice writes to them.
  Tensor variable_data() const;
  Tensor data() const { return variable_data(); }

  // --- Conversion and copies.
  Tensor to(const TensorOptions& options, bool non_blocking = false, bool copy = false,
            std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor to(DType dtype, bool non_blocking = false, bool copy = false,
            std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor to(Device device, bool non_blocking = false, bool copy = false) const;
  Tensor to(DeviceType device, bool non_blocking = false, bool copy = false) const {
    return to(Device(device), non_blocking, copy);
  }
  Tensor to(Device device, DType dtype, bool non_blocking = false, bool copy = false,
            std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor to(const Tensor& other, bool non_blocking = false, bool copy = false) const;
  Tensor to(MemoryFormat format) const;
  Tensor toType(DType dtype) const { return to(dtype); }
  Tensor type_as(const Tensor& other) const { return to(other.dtype()); }
  Tensor cpu() const { return to(Device(kCPU)); }
  Tensor cuda() const { return to(Device(kCUDA)); }
  Tensor contiguous(MemoryFormat format = MemoryFormat::contiguous) const;
  Tensor clone(std::optional<MemoryFormat> format = std::nullopt) const;
  Tensor& copy_(const Tensor& source, bool non_blocking = false);

  // --- Views and shapes.
  Tensor view(IntArrayRef sizes) const;
  Tensor view(DType dtype) const;
  Tensor view_as(const Tensor& other) const { return view(other.sizes()); }
  Tensor reshape(IntArrayRef sizes) const;
  Tensor reshape_as(const Tensor& other) const { return reshape(other.sizes()); }
  Tensor permute(IntArrayRef dims) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  Tensor t() const;
  Tensor mT() const { return transpose(-2, -1); }
  Tensor movedim(IntArrayRef source, IntArrayRef destination) const;
  Tensor movedim(std::int64_t source, std::int64_t destination) const;
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor expand(IntArrayRef sizes, bool implicit = false) const;
  Tensor expand_as(const Tensor& other) const { return expand(other.sizes()); }
  Tensor broadcast_to(IntArrayRef sizes) const { return expand(sizes); }
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  Tensor unflatten(std::int64_t dim, IntArrayRef sizes) const;
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  Tensor select(std::int64_t dim, std::int64_t index) const;
  Tensor slice(std::int64_t dim = 0, std::optional<std::int64_t> start = std::nullopt,
               std::optional<std::int64_t> end = std::nullopt, std::int64_t step = 1) const;
  std::vector<Tensor> split(std::int64_t split_size, std::int64_t dim = 0) const;
  std::vector<Tensor> split(IntArrayRef split_sizes, std::int64_t dim = 0) const;
  std::vector<Tensor> split_with_sizes(IntArrayRef split_sizes, std::int64_t dim = 0) const;
  std::vector<Tensor> chunk(std::int64_t chunks, std::int64_t dim = 0) const;
  std::vector<Tensor> unbind(std::int64_t dim = 0) const;
  Tensor diagonal(std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1) const;
  Tensor as_strided(IntArrayRef sizes, IntArrayRef strides,
                    std::optional<std::int64_t> storage_offset = std::nullopt) const;
  Tensor unfold(std::int64_t dim, std::int64_t size, std::int64_t step) const;
  Tensor repeat(IntArrayRef repeats) const;
  Tensor repeat_interleave(std::int64_t repeats,
                           std::optional<std::int64_t> dim = std::nullopt) const;
  Tensor flip(IntArrayRef dims) const;
  Tensor roll(IntArrayRef shifts, IntArrayRef dims = {}) const;
  Tensor tril(std::int64_t diagonal = 0) const;
  Tensor triu(std::int64_t diagonal = 0) const;

  // --- Indexing.
  Tensor operator[](std::int64_t index) const;
  Tensor operator[](const Tensor& index) const;
  // NumPy's indexing: x.index({0, Slice(1, None, 2), "...", None, mask, long_tensor}).
  Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
  Tensor index(const std::vector<indexing::TensorIndex>& indices) const;
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& value);
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value);
  Tensor& index_put_(const std::vector<indexing::TensorIndex>& indices, const Tensor& value);
  // indices[i] (may be undefined: all) indexes dimension i; accumulate adds instead of replacing.
  Tensor& index_put_(const std::vector<Tensor>& indices, const Tensor& value,
                     bool accumulate = false);
  Tensor index_put(const std::vector<Tensor>& indices, const Tensor& value,
                   bool accumulate = false) const;
  Tensor index_select(std::int64_t dim, const Tensor& index) const;
  Tensor index_add(std::int64_t dim, const Tensor& index, const Tensor& source,
                   const Scalar& alpha = 1) const;
  Tensor& index_add_(std::int64_t dim, const Tensor& index, const Tensor& source,
                     const Scalar& alpha = 1);
  Tensor masked_fill(const Tensor& mask, const Scalar& value) const;
  Tensor masked_fill(const Tensor& mask, const Tensor& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Scalar& value);
  Tensor& masked_fill_(const Tensor& mask, const Tensor& value);
  Tensor masked_select(const Tensor& mask) const;
  Tensor gather(std::int64_t dim, const Tensor& index) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, const Scalar& value) const;
  Tensor& scatter_(std::int64_t dim, const Tensor& index, const Tensor& source);
  Tensor& scatter_(std::int64_t dim, const Tensor& index, const Scalar& value);
  Tensor scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor& scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source);
  Tensor nonzero() const;
  std::tuple<Tensor, Tensor> sort(std::int64_t dim = -1, bool descending = false) const;
  Tensor argsort(std::int64_t dim = -1, bool descending = false) const;
  std::tuple<Tensor, Tensor> topk(std::int64_t k, std::int64_t dim = -1, bool largest = true,
                                  bool sorted = true) const;

  // --- Pointwise arithmetic.
  Tensor add(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor add(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& add_(const Tensor& other, const Scalar& alpha = 1);
  Tensor& add_(const Scalar& other, const Scalar& alpha = 1);
  Tensor sub(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor sub(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Tensor& other, const Scalar& alpha = 1);
  Tensor& sub_(const Scalar& other, const Scalar& alpha = 1);
#define SINTER_BINARY_METHOD(name)        \
  Tensor name(const Tensor& other) const; \
  Tensor name(const Scalar& other) const; \
  Tensor& name##_(const Tensor& other);   \
  Tensor& name##_(const Scalar& other)
  SINTER_BINARY_METHOD(mul);
  SINTER_BINARY_METHOD(div);
  SINTER_BINARY_METHOD(floor_divide);
  SINTER_BINARY_METHOD(remainder);
  SINTER_BINARY_METHOD(fmod);
  SINTER_BINARY_METHOD(pow);
  SINTER_BINARY_METHOD(eq);
  SINTER_BINARY_METHOD(ne);
  SINTER_BINARY_METHOD(lt);
  SINTER_BINARY_METHOD(le);
  SINTER_BINARY_METHOD(gt);
  SINTER_BINARY_METHOD(ge);
  SINTER_BINARY_METHOD(bitwise_and);
  SINTER_BINARY_METHOD(bitwise_or);
  SINTER_BINARY_METHOD(bitwise_xor);
#undef SINTER_BINARY_METHOD
  // rounding_mode: "trunc" or "floor".
  Tensor div(const Tensor& other, std::string_view rounding_mode) const;
  Tensor minimum(const Tensor& other) const;
  Tensor maximum(const Tensor& other) const;
  Tensor atan2(const Tensor& other) const;
  Tensor logical_and(const Tensor& other) const;
  Tensor logical_or(const Tensor& other) const;
  Tensor logical_xor(const Tensor& other) const;
  Tensor& logical_and_(const Tensor& other);
  Tensor& logical_or_(const Tensor& other);
  Tensor& logical_xor_(const Tensor& other);
  Tensor clamp(const std::optional<Scalar>& min,
               const std::optional<Scalar>& max = std::nullopt) const;
  Tensor clamp(const Tensor& min, const Tensor& max = {}) const;
  Tensor& clamp_(const std::optional<Scalar>& min, const std::optional<Scalar>& max = std::nullopt);
  Tensor& clamp_(const Tensor& min, const Tensor& max = {});
  Tensor clamp_min(const Scalar& min) const;
  Tensor clamp_max(const Scalar& max) const;
  Tensor& clamp_min_(const Scalar& min) { return clamp_(min); }
  Tensor& clamp_max_(const Scalar& max) { return clamp_(std::nullopt, max); }
  Tensor where(const Tensor& condition, const Tensor& other) const;
  Tensor lerp(const Tensor& end, const Scalar& weight) const;
  Tensor lerp(const Tensor& end, const Tensor& weight) const;
  Tensor& lerp_(const Tensor& end, const Scalar& weight);
  Tensor addcmul(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
  Tensor& addcmul_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1);
  Tensor addcdiv(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
  Tensor& addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1);
#define SINTER_UNARY_METHOD(name) \
  Tensor name() const;            \
  Tensor& name##_()
  SINTER_UNARY_METHOD(neg);
  SINTER_UNARY_METHOD(abs);
  SINTER_UNARY_METHOD(sign);
  SINTER_UNARY_METHOD(sqrt);
  SINTER_UNARY_METHOD(rsqrt);
  SINTER_UNARY_METHOD(reciprocal);
  SINTER_UNARY_METHOD(square);
  SINTER_UNARY_METHOD(exp);
  SINTER_UNARY_METHOD(exp2);
  SINTER_UNARY_METHOD(expm1);
  SINTER_UNARY_METHOD(log);
  SINTER_UNARY_METHOD(log2);
  SINTER_UNARY_METHOD(log10);
  SINTER_UNARY_METHOD(log1p);
  SINTER_UNARY_METHOD(sin);
  SINTER_UNARY_METHOD(cos);
  SINTER_UNARY_METHOD(tan);
  SINTER_UNARY_METHOD(asin);
  SINTER_UNARY_METHOD(acos);
  SINTER_UNARY_METHOD(atan);
  SINTER_UNARY_METHOD(sinh);
  SINTER_UNARY_METHOD(cosh);
  SINTER_UNARY_METHOD(tanh);
  SINTER_UNARY_METHOD(asinh);
  SINTER_UNARY_METHOD(acosh);
  SINTER_UNARY_METHOD(atanh);
  SINTER_UNARY_METHOD(erf);
  SINTER_UNARY_METHOD(erfc);
  SINTER_UNARY_METHOD(floor);
  SINTER_UNARY_METHOD(ceil);
  SINTER_UNARY_METHOD(round);
  SINTER_UNARY_METHOD(trunc);
  SINTER_UNARY_METHOD(frac);
  SINTER_UNARY_METHOD(sigmoid);
  SINTER_UNARY_METHOD(relu);
  SINTER_UNARY_METHOD(logical_not);
  SINTER_UNARY_METHOD(bitwise_not);
#undef SINTER_UNARY_METHOD
  Tensor isnan() const;
  Tensor isinf() const;
  Tensor isfinite() const;
  Tensor operator-() const { return neg(); }
  Tensor operator~() const { return bitwise_not(); }
  Tensor& operator+=(const Tensor& other) { return add_(other); }
  Tensor& operator+=(const Scalar& other) { return add_(other); }
  Tensor& operator-=(const Tensor& other) { return sub_(other); }
  Tensor& operator-=(const Scalar& other) { return sub_(other); }
  Tensor& operator*=(const Tensor& other) { return mul_(other); }
  Tensor& operator*=(const Scalar& other) { return mul_(other); }
  Tensor& operator/=(const Tensor& other) { return div_(other); }
  Tensor& operator/=(const Scalar& other) { return div_(other); }
  Tensor& operator&=(const Tensor& other) { return bitwise_and_(other); }
  Tensor& operator|=(const Tensor& other) { return bitwise_or_(other); }

  // --- Reductions. No dims, or an empty list, means all of them.
  Tensor sum(std::optional<DType> dtype = std::nullopt) const;
  Tensor sum(IntArrayRef dims, bool keepdim = false,
             std::optional<DType> dtype = std::nullopt) const;
  Tensor mean(std::optional<DType> dtype = std::nullopt) const;
  Tensor mean(IntArrayRef dims, bool keepdim = false,
              std::optional<DType> dtype = std::nullopt) const;
  Tensor prod(std::optional<DType> dtype = std::nullopt) const;
  Tensor prod(std::int64_t dim, bool keepdim = false,
              std::optional<DType> dtype = std::nullopt) const;
  Tensor max() const;
  Tensor min() const;
  std::tuple<Tensor, Tensor> max(std::int64_t dim, bool keepdim = false) const;
  std::tuple<Tensor, Tensor> min(std::int64_t dim, bool keepdim = false) const;
  Tensor argmax(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) const;
  Tensor argmin(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false) const;
  Tensor amax(IntArrayRef dims = {}, bool keepdim = false) const;
  Tensor amin(IntArrayRef dims = {}, bool keepdim = false) const;
  Tensor any() const;
  Tensor any(std::int64_t dim, bool keepdim = false) const;
  Tensor all() const;
  Tensor all(std::int64_t dim, bool keepdim = false) const;
  // unbiased must be a bool: in var(0) and var({0}) the number is a dimension.
  Tensor var() const { return var(IntArrayRef()); }
  template <std::same_as<bool> B>
  Tensor var(B unbiased) const {
    return var(IntArrayRef(), unbiased);
  }
  Tensor var(IntArrayRef dims, bool unbiased = true, bool keepdim = false) const;
  Tensor std() const { return std(IntArrayRef()); }
  template <std::same_as<bool> B>
  Tensor std(B unbiased) const {
    return std(IntArrayRef(), unbiased);
  }
  Tensor std(IntArrayRef dims, bool unbiased = true, bool keepdim = false) const;
  Tensor norm(const Scalar& p = 2) const;
  Tensor norm(const Scalar& p, IntArrayRef dims, bool keepdim = false) const;
  Tensor logsumexp(IntArrayRef dims, bool keepdim = false) const;
  Tensor cumsum(std::int64_t dim, std::optional<DType> dtype = std::nullopt) const;
  Tensor softmax(std::int64_t dim, std::optional<DType> dtype = std::nullopt) const;
  Tensor log_softmax(std::int64_t dim, std::optional<DType> dtype = std::nullopt) const;
  bool equal(const Tensor& other) const;
  Tensor isclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8,
                 bool equal_nan = false) const;
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8,
                bool equal_nan = false) const;

  // --- Matrix products.
  Tensor mm(const Tensor& other) const;
  Tensor bmm(const Tensor& other) const;
  Tensor matmul(const Tensor& other) const;
  Tensor mv(const Tensor& vector) const;
  Tensor dot(const Tensor& other) const;
  Tensor outer(const Tensor& other) const;
  Tensor addmm(const Tensor& a, const Tensor& b, const Scalar& beta = 1,
               const Scalar& alpha = 1) const;
  Tensor baddbmm(const Tensor& a, const Tensor& b, const Scalar& beta = 1,
                 const Scalar& alpha = 1) const;

  // --- Fills.
  Tensor& fill_(const Scalar& value);
  Tensor& fill_(const Tensor& value);
  Tensor& zero_();
  Tensor& uniform_(double from = 0, double to = 1,
                   std::optional<Generator> generator = std::nullopt);
  Tensor& normal_(double mean = 0, double std = 1,
                  std::optional<Generator> generator = std::nullopt);
  Tensor& bernoulli_(double p = 0.5, std::optional<Generator> generator = std::nullopt);
  Tensor& random_(std::int64_t from, std::int64_t to,
                  std::optional<Generator> generator = std::nullopt);
  Tensor& random_(std::int64_t to, std::optional<Generator> generator = std::nullopt) {
    return random_(0, to, std::move(generator));
  }
  Tensor& exponential_(double lambda = 1, std::optional<Generator> generator = std::nullopt);
  Tensor bernoulli(std::optional<Generator> generator = std::nullopt) const;
  Tensor new_zeros(IntArrayRef sizes, const TensorOptions& options = {}) const;
  Tensor new_ones(IntArrayRef sizes, const TensorOptions& options = {}) const;
  Tensor new_empty(IntArrayRef sizes, const TensorOptions& options = {}) const;
  Tensor new_full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options = {}) const;

 private:
  TensorImpl& checked() const {
    if (!impl_) [[unlikely]]
      throw_undefined();
    return *impl_;
  }
  const TensorMeta& meta() const { return checked().meta; }
  const TensorMeta& settled() const {
    TensorImpl& impl = checked();
    if (impl.layout_is_free()) [[unlikely]]
      impl.settle();
    return impl.meta;
  }
  unsigned add_hook(Callable<Tensor(const Tensor&)> hook) const;
  void check_dtype(const char* op, DType wanted) const;
  [[noreturn]] static void throw_undefined();

  IntrusivePtr<TensorImpl> impl_;
};

// Unchecked indexed access to the elements of a tensor: a[i][j] for N = 2.
template <class T, std::size_t N>
class TensorAccessor {
 public:
  TensorAccessor(T* data, const std::int64_t* sizes, const std::int64_t* strides)
      : data_(data), sizes_(sizes), strides_(strides) {}
  decltype(auto) operator[](std::int64_t i) const {
    if constexpr (N == 1) {
      return (data_[i * strides_[0]]);
    } else {
      return TensorAccessor<T, N - 1>(data_ + i * strides_[0], sizes_ + 1, strides_ + 1);
    }
  }
  T* data() const { return data_; }
  std::int64_t size(std::size_t dim) const { return sizes_[dim]; }
  std::int64_t stride(std::size_t dim) const { return strides_[dim]; }
  IntArrayRef sizes() const { return {sizes_, N}; }
  IntArrayRef strides() const { return {strides_, N}; }

 private:
  T* data_;
  const std::int64_t* sizes_;
  const std::int64_t* strides_;
};

template <class T, std::size_t N>
TensorAccessor<T, N> Tensor::accessor() const {
  static_assert(N > 0, "accessor needs at least one dimension; use item() for a 0-d tensor");
  SINTER_CHECK_AS(ValueError, dim() == static_cast<std::int64_t>(N), "[accessor] expected ", N,
                  " dimensions; got ", dim());
  return {data_ptr<T>(), sizes().data(), strides().data()};
}

}  // namespace sinter
