#include <sinter/ops/cpu/fold_driver.h>
#include <sinter/ops/cpu/reduce_kernels.h>
#include <sinter/ops/cpu/work_type.h>
#include <sinter/ops/reduce_attrs.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace sinter::ops::cpu {

namespace {

// Folds input 0 over dims in work type W; finish turns each result into what is stored, given its
// place in the output.
template <class W, class Finish>
void fold_into(const KernelContext& c, FoldJob<W> job, const Finish& finish) {
  const ConvertFn convert = convert_fn(dtype_of<Wide<W>>, c.out[0].dtype());
  char* out = c.out_data<char>();
  const auto bytes = static_cast<std::int64_t>(element_size(c.out[0].dtype()));
  auto save = [&](const Wide<W>* values, std::int64_t n, std::int64_t first, std::int64_t stride) {
    constexpr std::int64_t kBatch = 512;
    Wide<W> finished[kBatch];
    for (std::int64_t done = 0; done < n; done += kBatch) {
      const std::int64_t m = std::min(kBatch, n - done);
      const std::int64_t at = first + done * stride;
      for (std::int64_t i = 0; i < m; ++i) finished[i] = finish(values[done + i], at + i * stride);
      convert(finished, 1, out + at * bytes, stride, static_cast<std::size_t>(m));
    }
  };
  run_fold(job, Store<W>(save));
}

template <class W>
FoldJob<W> make_job(const KernelContext& c, const ReducePlan& plan, Fold fold) {
  return {plan, c.in_data<char>(0), c.in[0].dtype(), fold_fns<W>(fold)};
}

constexpr auto keep = [](auto value, std::int64_t) { return value; };

void fold_plainly(const KernelContext& c, IntArrayRef dims, Fold fold, DType computed_in) {
  const ReducePlan plan = make_reduce_plan(c.in.meta(0), dims);
  visit_work_type(computed_in, [&]<class W>() { fold_into(c, make_job<W>(c, plan, fold), keep); });
}

// Folds into an array of f64, one for each output.
template <class W>
std::vector<double> fold_to_array(const FoldJob<W>& job) {
  std::vector<double> results(static_cast<std::size_t>(job.plan.outputs));
  auto save = [&](const double* values, std::int64_t n, std::int64_t first, std::int64_t stride) {
    for (std::int64_t i = 0; i < n; ++i)
      results[static_cast<std::size_t>(first + i * stride)] = values[i];
  };
  run_fold(job, Store<W>(save));
  return results;
}

template <class Finish>
void var_with(const KernelContext& c, const Finish& finish) {
  const auto& attrs = c.attrs<VarAttrs>();
  const ReducePlan plan = make_reduce_plan(c.in.meta(0), attrs.dims);
  const auto count = static_cast<double>(plan.count);
  std::vector<double> means = fold_to_array(make_job<double>(c, plan, Fold::sum));
  for (double& m : means) m /= count;
  FoldJob<double> job = make_job<double>(c, plan, Fold::sum_sq_dev);
  job.params = means.data();
  const double divisor = std::max(0.0, count - attrs.correction);
  fold_into(c, job, [&](double v, std::int64_t) { return finish(v / divisor); });
}

template <class W>
void logsumexp_in(const KernelContext& c) {
  const ReducePlan plan = make_reduce_plan(c.in.meta(0), c.attrs<ReduceAttrs>().dims);
  std::vector<double> shift = fold_to_array(make_job<W>(c, plan, Fold::max));
  for (double& s : shift) s = std::isinf(s) ? 0 : s;
  FoldJob<W> job = make_job<W>(c, plan, Fold::sum_exp);
  job.params = shift.data();
  fold_into(c, job, [&](double v, std::int64_t out) {
    return std::log(v) + shift[static_cast<std::size_t>(out)];
  });
}

}  // namespace

void sum(const KernelContext& c) {
  fold_plainly(c, c.attrs<SumAttrs>().dims, Fold::sum, c.out[0].dtype());
}

void mean(const KernelContext& c) {
  const ReducePlan plan = make_reduce_plan(c.in.meta(0), c.attrs<SumAttrs>().dims);
  const auto count = static_cast<double>(plan.count);
  const auto divide = [count](double v, std::int64_t) { return v / count; };
  if (c.out[0].dtype() == kFloat64) {
    fold_into(c, make_job<double>(c, plan, Fold::sum), divide);
  } else {
    fold_into(c, make_job<float>(c, plan, Fold::sum), divide);
  }
}

void prod(const KernelContext& c) {
  fold_plainly(c, c.attrs<SumAttrs>().dims, Fold::prod, c.out[0].dtype());
}
void amax(const KernelContext& c) {
  fold_plainly(c, c.attrs<ReduceAttrs>().dims, Fold::max, c.in[0].dtype());
}
void amin(const KernelContext& c) {
  fold_plainly(c, c.attrs<ReduceAttrs>().dims, Fold::min, c.in[0].dtype());
}
void any(const KernelContext& c) {
  fold_plainly(c, c.attrs<ReduceAttrs>().dims, Fold::any, c.in[0].dtype());
}
void all(const KernelContext& c) {
  fold_plainly(c, c.attrs<ReduceAttrs>().dims, Fold::all, c.in[0].dtype());
}
void count_nonzero(const KernelContext& c) {
  fold_plainly(c, c.attrs<ReduceAttrs>().dims, Fold::count_nonzero, c.in[0].dtype());
}

void var(const KernelContext& c) {
  var_with(c, [](double v) { return v; });
}
void std(const KernelContext& c) {
  var_with(c, [](double v) { return std::sqrt(v); });
}

void norm(const KernelContext& c) {
  const auto& attrs = c.attrs<NormAttrs>();
  const ReducePlan plan = make_reduce_plan(c.in.meta(0), attrs.dims);
  const double p = attrs.p;
  const auto run = [&](Fold fold, const auto& finish) {
    FoldJob<double> job = make_job<double>(c, plan, fold);
    job.param = p;
    fold_into(c, job, finish);
  };
  if (p == 2) {
    run(Fold::sum_squares, [](double v, std::int64_t) { return std::sqrt(v); });
  } else if (p == 1) {
    run(Fold::sum_abs, keep);
  } else if (p == 0) {
    run(Fold::count_nonzero, keep);
  } else if (std::isinf(p)) {
    run(p > 0 ? Fold::max_abs : Fold::min_abs, keep);
  } else {
    run(Fold::sum_pow, [p](double v, std::int64_t) { return std::pow(v, 1 / p); });
  }
}

void logsumexp(const KernelContext& c) {
  if (c.in[0].dtype() == kFloat64) {
    logsumexp_in<double>(c);
  } else {
    logsumexp_in<float>(c);
  }
}

}  // namespace sinter::ops::cpu
