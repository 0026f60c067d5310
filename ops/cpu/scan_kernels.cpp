#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/contiguous.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/fold.h>
#include <sinter/ops/cpu/lines.h>
#include <sinter/ops/cpu/reduce_kernels.h>
#include <sinter/ops/cpu/work_type.h>
#include <sinter/ops/reduce_attrs.h>

#include <algorithm>
#include <vector>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kBlock = 512;
constexpr std::int64_t kGrain = 32768;

double plus(double a, double b) { return a + b; }
// Wraps around.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// Runs scans in T: f64, or i64 for integers.
template <class T>
struct ScanJob {
  Lines lines;
  const char* in;
  char* out;
  std::int64_t in_bytes;
  std::int64_t out_bytes;
  ConvertFn load;
  ConvertFn save;
};

template <class T>
void scan_lines(const ScanJob<T>& job) {
  const Lines& lines = job.lines;
  parallel_for(0, lines.count, std::max<std::int64_t>(1, kGrain / lines.size),
               [&](std::int64_t begin, std::int64_t end) {
                 T x[kBlock];
                 AxesWalk walk(lines.others, begin);
                 for (std::int64_t l = begin; l < end; ++l, walk.advance(1)) {
                   T total = T{0};
                   for (std::int64_t done = 0; done < lines.size; done += kBlock) {
                     const std::int64_t n = std::min(kBlock, lines.size - done);
                     job.load(job.in + (walk.in() + done * lines.in) * job.in_bytes, lines.in, x, 1,
                              static_cast<std::size_t>(n));
                     for (std::int64_t i = 0; i < n; ++i) x[i] = total = plus(total, x[i]);
                     job.save(x, 1, job.out + (walk.out() + done * lines.out) * job.out_bytes,
                              lines.out, static_cast<std::size_t>(n));
                   }
                 }
               });
}

// Neighbouring lines side by side.
template <class T>
void scan_columns(const ScanJob<T>& job) {
  const Lines& lines = job.lines;
  Axes outer = lines.others;
  const Axis columns = outer.back();
  outer.pop_back();
  const std::int64_t strips = (columns.size + kBlock - 1) / kBlock;
  parallel_for(0, outer.count() * strips, 1, [&](std::int64_t begin, std::int64_t end) {
    T x[kBlock];
    T total[kBlock];
    for (std::int64_t t = begin; t < end; ++t) {
      const AxesWalk place(outer, t / strips);
      const std::int64_t first = t % strips * kBlock;
      const std::int64_t n = std::min(kBlock, columns.size - first);
      const char* in = job.in + (place.in() + first * columns.in) * job.in_bytes;
      char* out = job.out + (place.out() + first * columns.out) * job.out_bytes;
      std::fill_n(total, n, T{0});
      for (std::int64_t r = 0; r < lines.size; ++r) {
        job.load(in + r * lines.in * job.in_bytes, columns.in, x, 1, static_cast<std::size_t>(n));
        for (std::int64_t i = 0; i < n; ++i) total[i] = plus(total[i], x[i]);
        job.save(total, 1, out + r * lines.out * job.out_bytes, columns.out,
                 static_cast<std::size_t>(n));
      }
    }
  });
}

}  // namespace

void cumsum(const KernelContext& c) {
  const DType in = c.in[0].dtype();
  const DType out = c.out[0].dtype();
  if (c.out[0].numel() == 0) return;
  const auto run = [&]<class T>() {
    const ScanJob<T> job{Lines(c.in.meta(0), c.out[0].impl()->meta,
                               static_cast<std::size_t>(c.attrs<ScanAttrs>().dim)),
                         c.in_data<char>(0),
                         c.out_data<char>(0),
                         static_cast<std::int64_t>(element_size(in)),
                         static_cast<std::int64_t>(element_size(out)),
                         convert_fn(in, dtype_of<T>),
                         convert_fn(dtype_of<T>, out)};
    const Axes& others = job.lines.others;
    if (!others.empty() && others.back().size >= 16 && others.back().in < job.lines.in) {
      scan_columns(job);
    } else {
      scan_lines(job);
    }
  };
  if (is_floating_point(out)) {
    run.template operator()<double>();
  } else {
    run.template operator()<std::int64_t>();
  }
}

// The gradient of x[i] is that of the product times the product of all other elements: what comes
// before it times what comes after it, which is right where elements are zero.
void prod_backward(const KernelContext& c) {
  const Dims& dims = c.attrs<ReduceAttrs>().dims;
  const Tensor grad = to_contiguous(c.in[0]);
  const Tensor x = to_contiguous(c.in[1]);
  if (x.numel() == 0) return;
  const TensorMeta& meta = x.impl()->meta;
  const bool whole = dims.size() == meta.dim();
  const std::int64_t n = whole ? meta.numel : meta.sizes[static_cast<std::size_t>(dims[0])];
  const std::int64_t stride = whole ? 1 : meta.strides[static_cast<std::size_t>(dims[0])];
  const auto bytes = static_cast<std::int64_t>(element_size(meta.dtype));
  const ConvertFn load = convert_fn(meta.dtype, kFloat64);
  const ConvertFn save = convert_fn(kFloat64, meta.dtype);
  const std::int64_t lines = meta.numel / n;
  parallel_for(0, lines, std::max<std::int64_t>(1, kGrain / n),
               [&](std::int64_t begin, std::int64_t end) {
                 std::vector<double> v(static_cast<std::size_t>(n));
                 std::vector<double> result(static_cast<std::size_t>(n));
                 for (std::int64_t l = begin; l < end; ++l) {
                   const std::int64_t at = (l / stride * n * stride + l % stride) * bytes;
                   load(x.impl()->data() + at, stride, v.data(), 1, v.size());
                   double before = 1;
                   load(grad.impl()->data() + l * bytes, 1, &before, 1, 1);
                   for (std::size_t i = 0; i < v.size(); ++i) {
                     result[i] = before;
                     before *= v[i];
                   }
                   double after = 1;
                   for (std::size_t i = v.size(); i-- > 0;) {
                     result[i] *= after;
                     after *= v[i];
                   }
                   save(result.data(), 1, c.out_data<char>() + at, stride, v.size());
                 }
               });
}

}  // namespace sinter::ops::cpu
