// Softmax and log-softmax along a dimension, and their gradients.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/fold.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/ops/softmax_attrs.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

// Lines of n elements `inner` apart, in row-major memory.
struct Lines {
  std::int64_t count, n, inner;
  __device__ std::int64_t start(std::int64_t line) const {
    return line / inner * n * inner + line % inner;
  }
};

// A block for each line: its maximum, the sum of exponentials, then the results.
template <class T, bool kLog>
__global__ void softmax_kernel(Lines lines, const T* x, T* y) {
  using W = Wide<T>;
  const ExtremeFold<W, true> largest;
  const SumFold<W> total;
  for (std::int64_t line = blockIdx.x; line < lines.count; line += gridDim.x) {
    const std::int64_t start = lines.start(line);
    auto top = largest.start();
    for (std::int64_t i = threadIdx.x; i < lines.n; i += blockDim.x) {
      largest.add(top, widen(x[start + i * lines.inner]), i);
    }
    const W shift = fold_block(largest, top).value;
    auto sum = total.start();
    for (std::int64_t i = threadIdx.x; i < lines.n; i += blockDim.x) {
      sum.add(std::exp(widen(x[start + i * lines.inner]) - shift));
    }
    const W whole = fold_block(total, sum).value();
    const W log_whole = kLog ? std::log(whole) : W(0);
    for (std::int64_t i = threadIdx.x; i < lines.n; i += blockDim.x) {
      const std::int64_t at = start + i * lines.inner;
      const W moved = widen(x[at]) - shift;
      y[at] = convert<T>(kLog ? moved - log_whole : std::exp(moved) / whole);
    }
  }
}

// dx = y (g - sum(g y)), or g - exp(y) sum(g).
template <class T, bool kLog>
__global__ void softmax_backward_kernel(Lines lines, const T* grad, const T* y, T* dx) {
  using W = Wide<T>;
  const SumFold<W> total;
  for (std::int64_t line = blockIdx.x; line < lines.count; line += gridDim.x) {
    const std::int64_t start = lines.start(line);
    auto sum = total.start();
    for (std::int64_t i = threadIdx.x; i < lines.n; i += blockDim.x) {
      const std::int64_t at = start + i * lines.inner;
      sum.add(kLog ? widen(grad[at]) : widen(grad[at]) * widen(y[at]));
    }
    const W whole = fold_block(total, sum).value();
    for (std::int64_t i = threadIdx.x; i < lines.n; i += blockDim.x) {
      const std::int64_t at = start + i * lines.inner;
      const W g = widen(grad[at]), v = widen(y[at]);
      dx[at] = convert<T>(kLog ? g - std::exp(v) * whole : v * (g - whole));
    }
  }
}

Lines lines_of(const TensorMeta& x, std::int64_t dim) {
  if (x.dim() == 0) return {1, 1, 1};
  Lines lines{1, x.sizes[static_cast<std::size_t>(dim)], 1};
  for (std::size_t d = static_cast<std::size_t>(dim) + 1; d < x.dim(); ++d) {
    lines.inner *= x.sizes[d];
  }
  lines.count = lines.n == 0 ? 0 : x.numel / lines.n;
  return lines;
}

unsigned threads_for(std::int64_t n) { return n <= kWarp ? kWarp : kBlock; }

template <bool kLog>
void run(const KernelContext& c) {
  const Tensor x = as_contiguous(c.in[0]);
  const Lines lines = lines_of(x.impl()->meta, c.attrs<ops::SoftmaxAttrs>().dim);
  if (lines.count == 0) return;
  const Launch launch(x);
  visit_floating(x.impl()->meta.dtype, [&]<class T>() {
    softmax_kernel<T, kLog>
        <<<blocks_for(lines.count, 1), threads_for(lines.n), 0, launch.stream()>>>(
            lines, data_of<const T>(x), c.out_data<T>());
    check_launch();
  });
}

template <bool kLog>
void run_backward(const KernelContext& c) {
  const Tensor grad = as_contiguous(c.in[0]), y = as_contiguous(c.in[1]);
  const Lines lines = lines_of(y.impl()->meta, c.attrs<ops::SoftmaxAttrs>().dim);
  if (lines.count == 0) return;
  const Launch launch(y);
  visit_floating(y.impl()->meta.dtype, [&]<class T>() {
    softmax_backward_kernel<T, kLog>
        <<<blocks_for(lines.count, 1), threads_for(lines.n), 0, launch.stream()>>>(
            lines, data_of<const T>(grad), data_of<const T>(y), c.out_data<T>());
    check_launch();
  });
}

}  // namespace

void softmax(const KernelContext& c) { run<false>(c); }
void log_softmax(const KernelContext& c) { run<true>(c); }
void softmax_backward(const KernelContext& c) { run_backward<false>(c); }
void log_softmax_backward(const KernelContext& c) { run_backward<true>(c); }

}  // namespace sinter::cuda
