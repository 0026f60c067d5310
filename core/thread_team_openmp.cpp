#ifdef SINTER_WITH_OPENMP
#include <omp.h>
#include <sinter/core/parallel.h>
#include <sinter/core/thread_team.h>

namespace sinter::detail {

void run_team(int size, TeamFn fn, void* context) {
#pragma omp parallel num_threads(size) default(none) shared(fn, context)
  fn(context, omp_get_thread_num(), omp_get_num_threads());
}

bool inside_team() { return omp_in_parallel() != 0; }

int default_team_size() { return omp_get_max_threads(); }

void bind_openmp_threads() {
  if (omp_get_max_threads() != get_num_threads()) omp_set_num_threads(get_num_threads());
}

}  // namespace sinter::detail
#endif
