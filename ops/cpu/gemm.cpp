#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/gemm.h>
#include <sinter/ops/cpu/gemm_kernels.h>
#include <sinter/ops/cpu/workspace.h>

#include <algorithm>

namespace sinter::ops::cpu {

namespace {

// Which kernel a product uses. The choice, and so the order of every sum, depends on the shape of
// the whole product; blocks of it are then computed alike.
enum class Form : std::uint8_t {
  panels,       // register blocks
  row_times,    // few rows: each is a vector times b
  times_column  // few columns: a times each
};

constexpr std::int64_t kFew = 8;

template <class T>
bool has_unit_step(const MatrixRef<T>& x) {
  return x.row == 1 || x.col == 1;
}

template <class T>
Form form_of(const Gemm<T>& g) {
  if (g.m == 1 && has_unit_step(g.b)) return Form::row_times;
  if (g.n == 1 && has_unit_step(g.a)) return Form::times_column;
  // Dot products need no packing of a transposed operand, but an addition over lanes at the end.
  const bool dots = g.a.col == 1 && g.b.row == 1;
  if (dots && g.m <= kFew && g.b.col != 1 && g.k >= 16 * g.m) return Form::row_times;
  if (dots && g.n <= kFew && g.k >= 16 * g.n) return Form::times_column;
  return Form::panels;
}

template <class T>
const T* contiguous_vector(const T* x, std::int64_t step, std::int64_t count, Workspace<T>& space) {
  if (step == 1 || count <= 1) return x;
  space = Workspace<T>(count);
  for (std::int64_t i = 0; i < count; ++i) space[i] = x[i * step];
  return space.data();
}

template <class T>
void run_rows(const Gemm<T>& g) {
  Workspace<T> space;
  for (std::int64_t i = 0; i < g.m; ++i) {
    Gemv<T> v{g.n, g.k, g.b.t()};
    v.x = contiguous_vector(g.a.at(i, 0).data, g.a.col, g.k, space);
    v.y = g.c + i * g.c_row;
    v.alpha = g.alpha;
    v.accumulate = g.accumulate;
    v.bias = g.bias;
    gemm_kernels<T>().gemv(v);
  }
}

template <class T>
void run_columns(const Gemm<T>& g) {
  Workspace<T> space;
  for (std::int64_t j = 0; j < g.n; ++j) {
    Gemv<T> v{g.m, g.k, g.a};
    v.x = contiguous_vector(g.b.at(0, j).data, g.b.row, g.k, space);
    v.y = g.c + j;
    v.y_step = g.c_row;
    v.alpha = g.alpha;
    v.accumulate = g.accumulate;
    v.bias = g.bias != nullptr ? g.bias + j : nullptr;
    v.bias_step = 0;
    gemm_kernels<T>().gemv(v);
  }
}

template <class T>
void fill_without_terms(const Gemm<T>& g) {
  if (g.accumulate) return;
  for (std::int64_t i = 0; i < g.m; ++i) {
    for (std::int64_t j = 0; j < g.n; ++j) {
      g.c[i * g.c_row + j] = g.bias != nullptr ? g.bias[j] : T(0);
    }
  }
}

template <class T>
void run(const Gemm<T>& g, Form form) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return fill_without_terms(g);
  if (form == Form::row_times) return run_rows(g);
  if (form == Form::times_column) return run_columns(g);
  gemm_kernels<T>().panels(g);
}

// c[rows, columns] of the product.
template <class T>
Gemm<T> block(const Gemm<T>& g, std::int64_t i, std::int64_t rows, std::int64_t j,
              std::int64_t columns) {
  Gemm<T> part = g;
  part.m = rows;
  part.n = columns;
  part.a = g.a.at(i, 0);
  part.b = g.b.at(0, j);
  part.c = g.c + i * g.c_row + j;
  if (g.bias != nullptr) part.bias = g.bias + j;
  return part;
}

// How c is cut for threads.
struct Grid {
  std::int64_t rows, columns;  // of a tile
  std::int64_t down, across;   // tiles

  Grid(std::int64_t m, std::int64_t n, std::int64_t batch, std::int64_t row_panel,
       std::int64_t column_panel)
      : rows(std::min(m, row_panel * 32)), columns(std::min(n, column_panel * 32)) {
    const std::int64_t wanted = 3 * get_num_threads();
    count(m, n);
    while (down * across * batch < wanted) {
      const bool tall = rows > 4 * row_panel, wide = columns > 4 * column_panel;
      if (!tall && !wide) break;
      if (tall && (!wide || rows >= columns)) {
        rows = std::max((rows / 2 + row_panel - 1) / row_panel * row_panel, row_panel);
      } else {
        columns =
            std::max((columns / 2 + column_panel - 1) / column_panel * column_panel, column_panel);
      }
      count(m, n);
    }
  }

 private:
  void count(std::int64_t m, std::int64_t n) {
    down = (m + rows - 1) / rows;
    across = (n + columns - 1) / columns;
  }
};

template <class T>
Gemm<T> batch_item(const Gemm<T>& g, const BatchStrides& batch, std::int64_t item) {
  Gemm<T> part = g;
  part.a.data += item * batch.a;
  part.b.data += item * batch.b;
  part.c += item * batch.c;
  return part;
}

// About this many multiplications are worth a thread.
constexpr double kThreadWork = 1 << 16;

template <class T>
void run_tiles(const Gemm<T>& g, const BatchStrides& batch, Form form) {
  const auto& kernels = gemm_kernels<T>();
  const Grid grid(g.m, g.n, batch.count, kernels.row_panel, kernels.column_panel);
  const std::int64_t tiles = grid.down * grid.across;
  const double work = static_cast<double>(grid.rows) * static_cast<double>(grid.columns) *
                      static_cast<double>(std::max<std::int64_t>(g.k, 1));
  const auto grain = static_cast<std::int64_t>(kThreadWork / work) + 1;
  parallel_for(0, batch.count * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t i = t % tiles / grid.across * grid.rows;
      const std::int64_t j = t % tiles % grid.across * grid.columns;
      run(block(batch_item(g, batch, t / tiles), i, std::min(grid.rows, g.m - i), j,
                std::min(grid.columns, g.n - j)),
          form);
    }
  });
}

// A long k under a small c is cut into parts, by shape alone, which are summed in order.
constexpr std::int64_t kLongPart = 4096;

template <class T>
std::int64_t parts_of(const Gemm<T>& g, const BatchStrides& batch) {
  if (g.k < 2 * kLongPart || g.m * g.n * batch.count > 128 * 128) return 1;
  return std::min<std::int64_t>(g.k / kLongPart, 32);
}

template <class T>
void run_parts(const Gemm<T>& g, Form form, std::int64_t parts) {
  const std::int64_t depth = (g.k + parts - 1) / parts;
  const std::int64_t size = g.m * g.n;
  const Workspace<T> sums(parts * size);
  parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) {
      const std::int64_t first = std::min(part * depth, g.k);
      run(Gemm<T>{g.m, g.n, std::min(depth, g.k - first), g.a.at(0, first), g.b.at(first, 0),
                  sums.data() + part * size, g.n},
          form);
    }
  });
  for (std::int64_t i = 0; i < size; ++i) {
    T sum = 0;
    for (std::int64_t part = 0; part < parts; ++part) sum += sums[part * size + i];
    T& c = g.c[i / g.n * g.c_row + i % g.n];
    const T base = g.accumulate ? c : (g.bias != nullptr ? g.bias[i % g.n] : T(0));
    c = base + g.alpha * sum;
  }
}

// The product, cut for threads where it is large enough.
template <class T>
void run_cut(const Gemm<T>& g, const BatchStrides& batch) {
  const Form form = form_of(g);
  const double work =
      static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  if (batch.count == 1 && work < 2 * kThreadWork) return run(g, form);
  const std::int64_t parts = parts_of(g, batch);
  if (parts == 1) return run_tiles(g, batch, form);
  for (std::int64_t item = 0; item < batch.count; ++item) {
    run_parts(batch_item(g, batch, item), form, parts);
  }
}

}  // namespace

template <class T>
void gemm_serial(const Gemm<T>& g) {
  run(g, form_of(g));
}

template <class T>
void gemm(const Gemm<T>& g, const BatchStrides& batch) {
  if (batch.count == 0 || g.m == 0 || g.n == 0) return;
  if (g.m == 1 && g.n == 1 && g.b.row != 1 && batch.count == 1) {
    Workspace<T> space;
    Gemm<T> dot = g;
    dot.b = {contiguous_vector(g.b.data, g.b.row, g.k, space), 1, 1};
    return run_cut(dot, batch);
  }
  run_cut(g, batch);
}

template void gemm_serial(const Gemm<float>&);
template void gemm_serial(const Gemm<double>&);
template void gemm(const Gemm<float>&, const BatchStrides&);
template void gemm(const Gemm<double>&, const BatchStrides&);

}  // namespace sinter::ops::cpu
