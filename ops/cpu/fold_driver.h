// Runs a fold over the dimensions of a reduction.
#pragma once
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/fold.h>
#include <sinter/ops/cpu/reduce_plan.h>

namespace sinter::ops::cpu {

// Receives results as they are ready: values[i] belongs to output element first + i * stride.
// Called from several threads, once for each output element.
template <class W>
class Store {
 public:
  template <class F>
  explicit Store(F& fn)
      : context_(&fn),
        call_([](void* context, const Wide<W>* values, std::int64_t n, std::int64_t first,
                 std::int64_t stride) { (*static_cast<F*>(context))(values, n, first, stride); }) {}
  void operator()(const Wide<W>* values, std::int64_t n, std::int64_t first,
                  std::int64_t stride) const {
    call_(context_, values, n, first, stride);
  }

 private:
  void* context_;
  void (*call_)(void*, const Wide<W>*, std::int64_t, std::int64_t, std::int64_t);
};

template <class W>
struct FoldJob {
  const ReducePlan& plan;
  const char* data;  // the first element of the input
  DType dtype;       // of the input
  const FoldFns<W>& fns;
  W param{};                        // of every output ...
  const Wide<W>* params = nullptr;  // ... or, where not null, of each
};

// W is float, double or int64.
template <class W>
void run_fold(const FoldJob<W>& job, const Store<W>& store);

}  // namespace sinter::ops::cpu
