#include <sinter/cuda/blas.h>
#include <sinter/cuda/dense.h>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/strided.h>
#include <sinter/ops/matmul_attrs.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

// An operand as a batch of matrices [rows, columns], over the batch dimensions of the product.
struct Matrices {
  Tensor x;  // keeps the memory
  BlasOperand operand;
};

// Whether cuBLASLt can read matrices with these strides.
bool readable(std::int64_t row, std::int64_t column, std::int64_t rows, std::int64_t columns) {
  return (column == 1 && row >= columns) || (row == 1 && column >= rows);
}

// sizes: batch dimensions, rows, columns; the strides belong to them.
Matrices matrices_of(const Tensor& x, const Dims& sizes, const Dims& strides) {
  const std::size_t rank = sizes.size();
  const std::int64_t rows = sizes[rank - 2], columns = sizes[rank - 1];
  // The stride along a dimension of one element means nothing.
  const std::int64_t column = columns == 1 && strides[rank - 2] != 1 ? 1 : strides[rank - 1];
  std::int64_t row = strides[rank - 2];
  if (rows == 1) row = column == 1 ? columns : 1;
  const StridedLoop batch =
      make_loop(IntArrayRef(sizes).slice(0, rank - 2), {IntArrayRef(strides).slice(0, rank - 2)});
  if (batch.dims <= 1 && readable(row, column, rows, columns)) {
    return {x, {x.impl()->data(), row, column, batch.dims == 1 ? batch.stride[0][0] : 0}};
  }
  const Tensor packed = new_tensor(x, sizes, x.impl()->meta.dtype);
  const auto seen = TensorImpl::shallow_copy(*x.impl());
  seen->meta.set_strided(sizes, strides, x.impl()->meta.offset);
  copy_elements(*packed.impl(), *seen);
  return {packed, {packed.impl()->data(), columns, 1, rows * columns}};
}

// The sizes and strides of an operand with its batch broadcast, and with the dimension that a
// vector lacks.
struct View {
  Dims sizes, strides;
};

View broadcast_operand(const TensorMeta& x, const Dims& batch, bool row_vector) {
  View v{batch, Dims(batch.size(), 0)};
  const std::size_t own = std::min<std::size_t>(x.dim(), 2);
  const std::size_t lead = x.dim() - own;
  for (std::size_t d = 0; d < lead; ++d) {
    const std::size_t to = batch.size() - lead + d;
    v.strides[to] = x.sizes[d] == 1 && batch[to] != 1 ? 0 : x.strides[d];
  }
  if (own == 1 && row_vector) {
    v.sizes.push_back(1);
    v.strides.push_back(0);
  }
  for (std::size_t d = lead; d < x.dim(); ++d) {
    v.sizes.push_back(x.sizes[d]);
    v.strides.push_back(x.strides[d]);
  }
  if (own == 1 && !row_vector) {
    v.sizes.push_back(1);
    v.strides.push_back(0);
  }
  return v;
}

std::int64_t product_of(IntArrayRef sizes) {
  std::int64_t n = 1;
  for (const std::int64_t size : sizes) n *= size;
  return n;
}

// What is done with the product.
struct Ending {
  double alpha = 1, beta = 0;
  Tensor bias;
};

// One matrix b for all of a: the batch is more rows of a.
bool rows_fold(const TensorMeta& a, const TensorMeta& b) { return b.dim() <= 2 && a.contiguous; }

void product_into(const Tensor& out, const Tensor& a, const Tensor& b, const Ending& ending) {
  const TensorMeta &ma = a.impl()->meta, &mb = b.impl()->meta;
  if (out.impl()->meta.numel == 0) return;
  Dims batch = broadcast_shapes(
      "matmul", IntArrayRef(ma.sizes).slice(0, ma.dim() - std::min<std::size_t>(ma.dim(), 2)),
      IntArrayRef(mb.sizes).slice(0, mb.dim() - std::min<std::size_t>(mb.dim(), 2)));
  View va = broadcast_operand(ma, batch, true), vb = broadcast_operand(mb, batch, false);
  if (rows_fold(ma, mb) && ma.dim() > 2) {
    const std::int64_t k = ma.sizes.back();
    va = {{k == 0 ? 0 : ma.numel / k, k}, {k, 1}};
    vb = broadcast_operand(mb, {}, false);
    batch = {};
  }
  const std::int64_t k = va.sizes.back();
  if (k == 0) {
    if (ending.beta == 0) return fill_elements(out, 0);
    Tensor(out).mul_(Scalar(ending.beta));
    return;
  }
  const Matrices left = matrices_of(a, va.sizes, va.strides);
  const Matrices right = matrices_of(b, vb.sizes, vb.strides);
  BlasProduct p;
  p.dtype = ma.dtype;
  p.m = va.sizes[va.sizes.size() - 2];
  p.n = vb.sizes.back();
  p.k = k;
  p.batch = product_of(batch);
  p.a = left.operand;
  p.b = right.operand;
  p.c = out.impl()->data();
  p.alpha = ending.alpha;
  p.beta = ending.beta;
  const Tensor bias = as_contiguous(ending.bias);
  p.bias = data_of<const void>(bias);
  multiply(Launch(out), p);
}

void check_dtype(const KernelContext& c) {
  const DType dtype = c.in.meta(0).dtype;
  SINTER_CHECK_AS(NotImplementedError, is_floating_point(dtype), "[", c.def.name,
                  "] has no kernel for this dtype on CUDA; got ", dtype);
}

}  // namespace

void matmul(const KernelContext& c) {
  check_dtype(c);
  product_into(c.out[0], c.in[0], c.in[1], {});
}

void addmm(const KernelContext& c) {
  check_dtype(c);
  const auto& attrs = c.attrs<ops::AddmmAttrs>();
  Ending ending;
  ending.alpha = attrs.alpha.to_double();
  ending.beta = attrs.beta.to_double();
  // beta * input comes first; a beta of 0 ignores even NaN.
  if (ending.beta != 0) copy_elements(*c.out[0].impl(), *c.in[0].impl());
  product_into(c.out[0], c.in[1], c.in[2], ending);
}

// input [..., in] times the transpose of weight [out, in], plus bias.
void linear(const KernelContext& c) {
  check_dtype(c);
  const TensorImpl& weight = *c.in[1].impl();
  const Tensor x = as_contiguous(c.in[0]);
  if (weight.meta.sizes[1] == 0) {
    if (!c.in.defined(2)) return fill_elements(c.out[0], 0);
    return copy_elements(*c.out[0].impl(), *c.in[2].impl());
  }
  const auto turned = TensorImpl::shallow_copy(weight);
  turned->meta.set_strided({weight.meta.sizes[1], weight.meta.sizes[0]},
                           {weight.meta.strides[1], weight.meta.strides[0]}, weight.meta.offset);
  Ending ending;
  if (c.in.defined(2)) ending.bias = c.in[2];
  product_into(c.out[0], x, Tensor(turned), ending);
}

}  // namespace sinter::cuda
