#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/fold_driver.h>

#include <algorithm>
#include <vector>

namespace sinter::ops::cpu {

namespace {

// Sizes that cut the work. They decide in which order elements are joined, so they depend on
// nothing but shapes.
constexpr std::int64_t kChunk = 32 * kFoldBlock;  // elements of one output folded by one task
constexpr std::int64_t kStrip = 512;              // columns folded together
constexpr std::int64_t kRowsAtOnce = 4;
constexpr std::int64_t kRowsPerBlock = 32;    // rows joined before the wider type takes over
constexpr std::int64_t kBatch = 64;           // results stored together
constexpr std::int64_t kWorthwhileRun = 128;  // contiguous elements folded where they lie
constexpr std::int64_t kGrain = 32768;        // elements worth a thread

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

template <class W>
const W* element(const FoldJob<W>& job, std::int64_t offset) {
  return reinterpret_cast<const W*>(job.data) + offset;
}
template <class W>
const char* address(const FoldJob<W>& job, std::int64_t offset) {
  return job.data + offset * static_cast<std::int64_t>(element_size(job.dtype));
}
template <class W>
W param_of(const FoldJob<W>& job, std::int64_t out) {
  return job.params != nullptr ? static_cast<W>(job.params[out]) : job.param;
}

// Reads elements along the reduced axes, as runs of contiguous W.
template <class W>
class Reader {
 public:
  explicit Reader(const FoldJob<W>& job)
      : job_(job),
        walk_(job.plan.reduced),
        stride_(job.plan.reduced.empty() ? 1 : job.plan.reduced.back().in),
        direct_(job.dtype == dtype_of<W> && stride_ == 1),
        convert_(convert_fn(job.dtype, dtype_of<W>)) {}

  // Goes to position start of the reduced axes, for the output whose elements begin at base.
  void seek(std::int64_t base, std::int64_t start) {
    base_ = base;
    walk_.seek(start);
  }
  // The next elements, at most n <= kFoldBlock of them: sets n to their number. Good until the next
  // call.
  const W* next(std::int64_t& n) {
    if (direct_ && walk_.run() >= std::min(n, kWorthwhileRun)) {
      n = std::min(n, walk_.run());
      const W* at = element(job_, base_ + walk_.in());
      walk_.advance(n);
      return at;
    }
    for (std::int64_t filled = 0; filled < n;) {
      const std::int64_t m = std::min(walk_.run(), n - filled);
      convert_(address(job_, base_ + walk_.in()), stride_, buffer_ + filled, 1,
               static_cast<std::size_t>(m));
      walk_.advance(m);
      filled += m;
    }
    return buffer_;
  }

 private:
  const FoldJob<W>& job_;
  AxesWalk walk_;
  std::int64_t base_ = 0;
  std::int64_t stride_;
  bool direct_;
  ConvertFn convert_;
  W buffer_[kFoldBlock];
};

// Folds the next n elements of a reader.
template <class W>
Wide<W> fold_span(const FoldJob<W>& job, Reader<W>& reader, std::int64_t n, W param) {
  Wide<W> total = static_cast<Wide<W>>(job.fns.identity);
  for (std::int64_t done = 0; done < n;) {
    std::int64_t m = std::min(kFoldBlock, n - done);
    const W* x = reader.next(m);
    total = job.fns.join(total, job.fns.row(x, static_cast<std::size_t>(m), param));
    done += m;
  }
  return total;
}

// One output after another; long ones are cut in chunks whose results are joined in order.
template <class W>
void fold_rows(const FoldJob<W>& job, const Store<W>& store) {
  const ReducePlan& plan = job.plan;
  const std::int64_t stride = plan.kept.empty() ? 1 : plan.kept.back().out;
  const std::int64_t grain =
      std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, plan.count));
  parallel_for(0, plan.outputs, grain, [&](std::int64_t begin, std::int64_t end) {
    Wide<W> values[kBatch];
    Reader<W> reader(job);
    AxesWalk walk(plan.kept, begin);
    for (std::int64_t o = begin; o < end;) {
      const std::int64_t n = std::min({kBatch, walk.run(), end - o});
      const std::int64_t first = walk.out();
      for (std::int64_t i = 0; i < n; ++i) {
        reader.seek(walk.in(), 0);
        values[i] = fold_span(job, reader, plan.count, param_of(job, walk.out()));
        walk.advance(1);
      }
      store(values, n, first, stride);
      o += n;
    }
  });
}

template <class W>
void fold_long_rows(const FoldJob<W>& job, const Store<W>& store) {
  const ReducePlan& plan = job.plan;
  const std::int64_t chunks = ceil_div(plan.count, kChunk);
  std::vector<Wide<W>> partial(static_cast<std::size_t>(plan.outputs * chunks));
  parallel_for(0, plan.outputs * chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    Reader<W> reader(job);
    for (std::int64_t i = begin; i < end; ++i) {
      const AxesWalk walk(plan.kept, i / chunks);
      const std::int64_t start = i % chunks * kChunk;
      reader.seek(walk.in(), start);
      partial[static_cast<std::size_t>(i)] =
          fold_span(job, reader, std::min(kChunk, plan.count - start), param_of(job, walk.out()));
    }
  });
  AxesWalk walk(plan.kept);
  const Wide<W>* at = partial.data();
  for (std::int64_t o = 0; o < plan.outputs; ++o, at += chunks) {
    Wide<W> total = at[0];
    for (std::int64_t c = 1; c < chunks; ++c) total = job.fns.join(total, at[c]);
    store(&total, 1, walk.out(), 1);
    walk.advance(1);
  }
}

// Columns of the innermost kept axis, folded side by side.
template <class W>
class ColumnFolder {
 public:
  ColumnFolder(const FoldJob<W>& job, const Axis& columns)
      : job_(job),
        columns_(columns),
        direct_(job.dtype == dtype_of<W> && columns.in == 1),
        convert_(convert_fn(job.dtype, dtype_of<W>)) {}

  // Folds rows [start, start + rows) of n columns whose first element lies at base; the results
  // are in values() afterwards. out: the output element of the first column.
  void fold(std::int64_t base, std::int64_t n, std::int64_t start, std::int64_t rows,
            std::int64_t out) {
    n_ = static_cast<std::size_t>(n);
    std::fill_n(wide_, n, static_cast<Wide<W>>(job_.fns.identity));
    for (std::int64_t i = 0; i < n; ++i) params_[i] = param_of(job_, out + i * columns_.out);
    AxesWalk walk(job_.plan.reduced, start);
    for (std::int64_t r = 0; r < rows; r += kRowsPerBlock) {
      fold_block(walk, base, std::min(kRowsPerBlock, rows - r));
    }
  }
  const Wide<W>* values() const { return wide_; }

 private:
  const W* row(std::int64_t offset, std::int64_t slot) {
    if (direct_) return element(job_, offset);
    convert_(address(job_, offset), columns_.in, buffer_[slot], 1, n_);
    return buffer_[slot];
  }
  void fold_block(AxesWalk& walk, std::int64_t base, std::int64_t rows) {
    std::fill_n(acc_, n_, job_.fns.identity);
    for (std::int64_t r = 0; r < rows;) {
      const W* pointers[kRowsAtOnce];
      std::int64_t m = 0;
      for (; m < kRowsAtOnce && r < rows; ++m, ++r) {
        pointers[m] = row(base + walk.in(), m);
        walk.advance(1);
      }
      job_.fns.columns(pointers, static_cast<std::size_t>(m), n_, acc_, params_);
    }
    for (std::size_t i = 0; i < n_; ++i) {
      wide_[i] = job_.fns.join(wide_[i], static_cast<Wide<W>>(acc_[i]));
    }
  }

  const FoldJob<W>& job_;
  const Axis& columns_;
  bool direct_;
  ConvertFn convert_;
  std::size_t n_ = 0;
  W acc_[kStrip];
  W params_[kStrip];
  Wide<W> wide_[kStrip];
  W buffer_[kRowsAtOnce][kStrip];
};

// How the columns are cut: outer kept positions x strips of columns x chunks of rows.
struct ColumnCut {
  Axes outer;
  Axis columns;
  std::int64_t width;
  std::int64_t strips;
  std::int64_t rows;
  std::int64_t chunks;
  std::int64_t tasks;

  explicit ColumnCut(const ReducePlan& plan) : outer(plan.kept), columns(plan.kept.back()) {
    outer.pop_back();
    width = std::min(kStrip, columns.size);
    strips = ceil_div(columns.size, width);
    rows = std::max(kRowsPerBlock, 2 * kChunk / width / kRowsPerBlock * kRowsPerBlock);
    chunks = ceil_div(plan.count, rows);
    tasks = outer.count() * strips * chunks;
  }
};

// One task of a cut: which output it starts at, and what part of it.
struct ColumnTask {
  std::int64_t chunk;
  std::int64_t column;
  std::int64_t n;
  AxesWalk place;

  ColumnTask(const ColumnCut& cut, std::int64_t i)
      : chunk(i % cut.chunks),
        column(i / cut.chunks % cut.strips * cut.width),
        n(std::min(cut.width, cut.columns.size - column)),
        place(cut.outer, i / cut.chunks / cut.strips) {}
  std::int64_t out(const ColumnCut& cut) const { return place.out() + column * cut.columns.out; }
};

template <class W>
void fold_all_columns(const FoldJob<W>& job, const Store<W>& store) {
  const ColumnCut cut(job.plan);
  std::vector<Wide<W>> partial;
  if (cut.chunks > 1) partial.resize(static_cast<std::size_t>(cut.tasks * cut.width));
  const std::int64_t work = cut.width * std::min(cut.rows, job.plan.count);
  parallel_for(0, cut.tasks, std::max<std::int64_t>(1, kGrain / work),
               [&](std::int64_t begin, std::int64_t end) {
                 ColumnFolder<W> folder(job, cut.columns);
                 for (std::int64_t i = begin; i < end; ++i) {
                   const ColumnTask task(cut, i);
                   const std::int64_t start = task.chunk * cut.rows;
                   folder.fold(task.place.in() + task.column * cut.columns.in, task.n, start,
                               std::min(cut.rows, job.plan.count - start), task.out(cut));
                   if (cut.chunks == 1) {
                     store(folder.values(), task.n, task.out(cut), cut.columns.out);
                   } else {
                     std::copy_n(folder.values(), task.n, partial.data() + i * cut.width);
                   }
                 }
               });
  if (cut.chunks == 1) return;
  for (std::int64_t i = 0; i < cut.tasks; i += cut.chunks) {
    const ColumnTask task(cut, i);
    Wide<W>* total = partial.data() + i * cut.width;
    for (std::int64_t c = 1; c < cut.chunks; ++c) {
      const Wide<W>* other = total + c * cut.width;
      for (std::int64_t k = 0; k < task.n; ++k) total[k] = job.fns.join(total[k], other[k]);
    }
    store(total, task.n, task.out(cut), cut.columns.out);
  }
}

// Whether it pays to fold columns side by side rather than one output after another.
bool by_columns(const ReducePlan& plan) {
  if (plan.kept.empty() || plan.kept.back().size < 16 || plan.count == 0) return false;
  if (plan.reduced.empty() || plan.count < 16) return true;
  return plan.kept.back().in < plan.reduced.back().in;
}

// A small contiguous tensor folded into one number.
template <class W>
bool one_block(const FoldJob<W>& job) {
  const Axes& reduced = job.plan.reduced;
  return job.plan.kept.empty() && reduced.size() == 1 && reduced.back().in == 1 &&
         job.plan.count <= kFoldBlock && job.dtype == dtype_of<W>;
}

}  // namespace

template <class W>
void run_fold(const FoldJob<W>& job, const Store<W>& store) {
  if (job.plan.outputs == 0) return;
  if (one_block(job)) {
    const auto n = static_cast<std::size_t>(job.plan.count);
    const Wide<W> total = job.fns.row(element(job, 0), n, param_of(job, 0));
    store(&total, 1, 0, 1);
  } else if (by_columns(job.plan)) {
    fold_all_columns(job, store);
  } else if (job.plan.count > kChunk) {
    fold_long_rows(job, store);
  } else {
    fold_rows(job, store);
  }
}

template void run_fold(const FoldJob<float>&, const Store<float>&);
template void run_fold(const FoldJob<double>&, const Store<double>&);
template void run_fold(const FoldJob<std::int64_t>&, const Store<std::int64_t>&);

}  // namespace sinter::ops::cpu
