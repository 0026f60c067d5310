#ifdef SINTER_WITH_OPENMP
#include <omp.h>
#include <sinter/core/parallel.h>
#include <sinter/core/thread_team_internal.h>

#include <algorithm>

namespace sinter::detail {

void run_team(int size, TeamFn fn, void* context) {
  // Teams are all of one size: libgomp ends the threads that a smaller one does not need.
  const int all = std::max(get_num_threads(), size);
#pragma omp parallel num_threads(all) default(none) shared(fn, context, size)
  {
    const int part = omp_get_thread_num();
    const int parts = std::min(size, omp_get_num_threads());
    if (part < parts) fn(context, part, parts);
  }
}

bool inside_team() { return omp_in_parallel() != 0; }

int default_team_size() { return omp_get_max_threads(); }

void bind_openmp_threads() {
  if (omp_get_max_threads() != get_num_threads()) omp_set_num_threads(get_num_threads());
}

}  // namespace sinter::detail
#endif
