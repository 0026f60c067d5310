#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/contiguous.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/softmax_kernels.h>
#include <sinter/ops/cpu/softmax_loops.h>
#include <sinter/ops/softmax_attrs.h>

#include <algorithm>
#include <vector>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kStrip = 32;       // lines side by side in one task
constexpr std::int64_t kNeighbours = 16;  // fewer neighbouring lines are gathered one by one
constexpr std::int64_t kGrain = 8192;

// Contiguous inputs seen as [outer, n, inner].
struct Job {
  Softmax which;
  const char* x;
  const char* y;  // null in the forward ones
  char* out;
  DType dtype;
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;
};

// Tasks are lines, or strips of neighbouring ones.
template <class T>
class Runner {
 public:
  explicit Runner(const Job& job)
      : job_(job),
        bytes_(static_cast<std::int64_t>(element_size(job.dtype))),
        width_(job.inner < kNeighbours ? 1 : std::min(kStrip, job.inner)),
        strips_((job.inner + width_ - 1) / width_),
        fn_(softmax_loop<T>(job.which, width_ == 1)),
        direct_(job.dtype == dtype_of<T> && (width_ > 1 || job.inner == 1)) {}

  void run() const {
    const std::int64_t tasks = job_.outer * strips_;
    parallel_for(0, tasks, std::max<std::int64_t>(1, kGrain / (job_.n * width_)),
                 [&](std::int64_t begin, std::int64_t end) {
                   std::vector<T> scratch;
                   if (!direct_) scratch.resize(static_cast<std::size_t>(3 * job_.n * width_));
                   for (std::int64_t t = begin; t < end; ++t) run_task(t, scratch.data());
                 });
  }

 private:
  void run_task(std::int64_t task, T* scratch) const {
    const std::int64_t first = task % strips_ * width_;
    const std::int64_t width = std::min(width_, job_.inner - first);
    const std::int64_t at = (task / strips_ * job_.n * job_.inner + first) * bytes_;
    const auto n = static_cast<std::size_t>(job_.n);
    if (direct_) {
      fn_({as(job_.x, at), as(job_.y, at), reinterpret_cast<T*>(job_.out + at), n,
           static_cast<std::size_t>(job_.inner), static_cast<std::size_t>(width)});
      return;
    }
    T* x = scratch;
    T* y = x + job_.n * width;
    T* out = y + job_.n * width;
    gather(job_.x, at, width, x);
    if (job_.y != nullptr) gather(job_.y, at, width, y);
    fn_({x, y, out, n, static_cast<std::size_t>(width), static_cast<std::size_t>(width)});
    const ConvertFn save = convert_fn(dtype_of<T>, job_.dtype);
    for_rows(width, [&](std::int64_t r, std::int64_t run, std::int64_t stride) {
      save(out + r * width, 1, job_.out + at + r * job_.inner * bytes_, stride,
           static_cast<std::size_t>(run));
    });
  }

  const T* as(const char* base, std::int64_t at) const {
    return base == nullptr ? nullptr : reinterpret_cast<const T*>(base + at);
  }
  // Rows of the scratch space as runs of evenly spaced elements: fn(first row, elements, stride).
  template <class F>
  void for_rows(std::int64_t width, F&& fn) const {
    if (width == 1) return fn(0, job_.n, job_.inner);
    if (width == job_.inner) return fn(0, job_.n * width, 1);
    for (std::int64_t r = 0; r < job_.n; ++r) fn(r, width, 1);
  }
  void gather(const char* from, std::int64_t at, std::int64_t width, T* to) const {
    const ConvertFn load = convert_fn(job_.dtype, dtype_of<T>);
    for_rows(width, [&](std::int64_t r, std::int64_t run, std::int64_t stride) {
      load(from + at + r * job_.inner * bytes_, stride, to + r * width, 1,
           static_cast<std::size_t>(run));
    });
  }

  const Job& job_;
  std::int64_t bytes_;
  std::int64_t width_;
  std::int64_t strips_;
  SoftmaxFn<T> fn_;
  bool direct_;
};

void run(const KernelContext& c, Softmax which) {
  if (c.out[0].numel() == 0) return;
  const Tensor x = to_contiguous(c.in[0]);
  const Tensor y = c.in.size() > 1 ? to_contiguous(c.in[1]) : Tensor();
  Job job{which, x.impl()->data(), y.defined() ? y.impl()->data() : nullptr, c.out_data<char>(),
          x.dtype()};
  const auto dim = static_cast<std::size_t>(c.attrs<SoftmaxAttrs>().dim);
  const Dims& sizes = x.impl()->meta.sizes;
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    (d < dim ? job.outer : d == dim ? job.n : job.inner) *= sizes[d];
  }
  if (job.dtype == kFloat64) {
    Runner<double>(job).run();
  } else {
    Runner<float>(job).run();
  }
}

}  // namespace

void softmax(const KernelContext& c) { run(c, Softmax::forward); }
void log_softmax(const KernelContext& c) { run(c, Softmax::log_forward); }
void softmax_backward(const KernelContext& c) { run(c, Softmax::backward); }
void log_softmax_backward(const KernelContext& c) { run(c, Softmax::log_backward); }

}  // namespace sinter::ops::cpu
