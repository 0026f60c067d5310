// Layer normalisation of rows, and its gradients.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/fold.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/ops/norm_attrs.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

struct Rows {
  std::int64_t rows, width;
};

template <class T>
struct Normalize {
  using W = Wide<T>;
  Rows r;
  W eps;
  const T* x;
  const W *weight, *bias;  // or null
  T* y;
  W *mean, *rstd;
};

// A block for each row: mean, then the mean square about it, then the results.
template <class T>
__global__ void layer_norm_kernel(const Normalize<T> p) {
  using W = Wide<T>;
  const SumFold<W> total;
  const W count = static_cast<W>(p.r.width);
  for (std::int64_t row = blockIdx.x; row < p.r.rows; row += gridDim.x) {
    const T* x = p.x + row * p.r.width;
    auto sum = total.start();
    for (std::int64_t i = threadIdx.x; i < p.r.width; i += blockDim.x) sum.add(widen(x[i]));
    const W mean = fold_block(total, sum).value() / count;
    auto squares = total.start();
    for (std::int64_t i = threadIdx.x; i < p.r.width; i += blockDim.x) {
      const W d = widen(x[i]) - mean;
      squares.add(d * d);
    }
    const W rstd = W(1) / std::sqrt(fold_block(total, squares).value() / count + p.eps);
    if (threadIdx.x == 0) {
      p.mean[row] = mean;
      p.rstd[row] = rstd;
    }
    for (std::int64_t i = threadIdx.x; i < p.r.width; i += blockDim.x) {
      W value = (widen(x[i]) - mean) * rstd;
      if (p.weight != nullptr) value *= p.weight[i];
      if (p.bias != nullptr) value += p.bias[i];
      p.y[row * p.r.width + i] = convert<T>(value);
    }
  }
}

template <class T>
struct NormBackward {
  using W = Wide<T>;
  Rows r;
  const T *dy, *x;
  const W *weight, *mean, *rstd;  // the weight may be null
  T* dx;
  W *dweight, *dbias;

  __device__ W gradient(std::int64_t at, std::int64_t column) const {
    const W g = widen(dy[at]);
    return weight != nullptr ? g * weight[column] : g;
  }
};

// dx = rstd (g - mean(g) - n mean(g n)), with n the normalised x and g = dy * weight.
template <class T>
__global__ void layer_norm_dx_kernel(const NormBackward<T> p) {
  using W = Wide<T>;
  const SumFold<W> total;
  const W count = static_cast<W>(p.r.width);
  for (std::int64_t row = blockIdx.x; row < p.r.rows; row += gridDim.x) {
    const std::int64_t start = row * p.r.width;
    const W mean = p.mean[row], rstd = p.rstd[row];
    auto plain = total.start(), product = total.start();
    for (std::int64_t i = threadIdx.x; i < p.r.width; i += blockDim.x) {
      const W g = p.gradient(start + i, i);
      plain.add(g);
      product.add(g * ((widen(p.x[start + i]) - mean) * rstd));
    }
    const W a = fold_block(total, plain).value() / count;
    const W b = fold_block(total, product).value() / count;
    for (std::int64_t i = threadIdx.x; i < p.r.width; i += blockDim.x) {
      const W n = (widen(p.x[start + i]) - mean) * rstd;
      p.dx[start + i] = convert<T>(rstd * (p.gradient(start + i, i) - a - n * b));
    }
  }
}

// Sums over rows for one column of the weight and the bias.
template <class T>
struct ParameterGradients {
  NormBackward<T> p;
  __device__ void operator()(std::int64_t column) const {
    using W = Wide<T>;
    Total<W> weight{0, 0}, bias{0, 0};
    for (std::int64_t row = 0; row < p.r.rows; ++row) {
      const std::int64_t at = row * p.r.width + column;
      const W g = widen(p.dy[at]);
      weight.add(g * ((widen(p.x[at]) - p.mean[row]) * p.rstd[row]));
      bias.add(g);
    }
    p.dweight[column] = weight.value();
    p.dbias[column] = bias.value();
  }
};

Rows rows_of(const TensorMeta& x, const Dims& normalized) {
  Rows r{1, 1};
  for (const std::int64_t size : normalized) r.width *= size;
  for (std::size_t d = 0; d < x.dim() - normalized.size(); ++d) r.rows *= x.sizes[d];
  return r;
}

// An output computed in W, which goes into an output of perhaps another dtype.
class Result {
 public:
  Result(const Tensor& out, DType dtype)
      : out_(out),
        held_(out.impl()->meta.dtype == dtype ? out
                                              : new_tensor(out, out.impl()->meta.sizes, dtype)) {}
  template <class W>
  W* data() const {
    return data_of<W>(held_);
  }
  void commit() const {
    if (!held_.is_same(out_)) copy_elements(*out_.impl(), *held_.impl());
  }

 private:
  Tensor out_, held_;
};

template <class T>
void forward(const KernelContext& c, const Rows& r) {
  using W = Wide<T>;
  const Tensor x = as_contiguous(c.in[0]);
  const Tensor weight = as_contiguous(c.in[1], dtype_of<W>);
  const Tensor bias = as_contiguous(c.in[2], dtype_of<W>);
  const Normalize<T> p{r,
                       static_cast<W>(c.attrs<ops::LayerNormAttrs>().eps),
                       data_of<const T>(x),
                       data_of<const W>(weight),
                       data_of<const W>(bias),
                       c.out_data<T>(0),
                       c.out_data<W>(1),
                       c.out_data<W>(2)};
  const Launch launch(x);
  layer_norm_kernel<T><<<blocks_for(r.rows, 1), kBlock, 0, launch.stream()>>>(p);
  check_launch();
}

template <class T>
void backward(const KernelContext& c, const Rows& r) {
  using W = Wide<T>;
  const Tensor dy = as_contiguous(c.in[0], dtype_of<T>), x = as_contiguous(c.in[1]);
  const Tensor weight = as_contiguous(c.in[2], dtype_of<W>);
  const Tensor mean = as_contiguous(c.in[3], dtype_of<W>);
  const Tensor rstd = as_contiguous(c.in[4], dtype_of<W>);
  const Result dweight(c.out[1], dtype_of<W>), dbias(c.out[2], dtype_of<W>);
  const NormBackward<T> p{r,
                          data_of<const T>(dy),
                          data_of<const T>(x),
                          data_of<const W>(weight),
                          data_of<const W>(mean),
                          data_of<const W>(rstd),
                          c.out_data<T>(0),
                          dweight.template data<W>(),
                          dbias.template data<W>()};
  const Launch launch(x);
  if (r.rows > 0 && r.width > 0) {
    layer_norm_dx_kernel<T><<<blocks_for(r.rows, 1), kBlock, 0, launch.stream()>>>(p);
    check_launch();
  }
  for_each_element(launch, r.width, ParameterGradients<T>{p});
  dweight.commit();
  dbias.commit();
}

}  // namespace

void layer_norm(const KernelContext& c) {
  const Rows r = rows_of(c.in.meta(0), c.attrs<ops::LayerNormAttrs>().normalized_shape);
  if (r.width == 0) {
    for (const std::size_t i : {1, 2}) fill_elements(c.out[i], 0);
    return;
  }
  if (r.rows == 0) return;
  visit_floating(c.in.meta(0).dtype, [&]<class T>() { forward<T>(c, r); });
}

void layer_norm_backward(const KernelContext& c) {
  const Rows r = rows_of(c.in.meta(1), c.attrs<ops::LayerNormAttrs>().normalized_shape);
  visit_floating(c.in.meta(1).dtype, [&]<class T>() { backward<T>(c, r); });
}

}  // namespace sinter::cuda
