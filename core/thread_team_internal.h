// The threads behind parallel_for: OpenMP's where it is used, else a pool of std::thread.
#pragma once

namespace sinter::detail {

using TeamFn = void (*)(void* context, int part, int parts) noexcept;

// Calls fn(context, i, n) for each i in [0, n), n <= size, at the same time on n threads, of which
// this one is the first, and returns when all are done. n is below size when threads are short.
void run_team(int size, TeamFn fn, void* context);
// Whether this thread runs inside a team of the same kind, also one that Sinter did not start.
bool inside_team();
// One thread per core, or what OMP_NUM_THREADS says.
int default_team_size();
// Makes libraries that use OpenMP from this thread (oneDNN) use get_num_threads() threads.
void bind_openmp_threads();

}  // namespace sinter::detail
