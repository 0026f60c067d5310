// cuBLASLt without a device: the real library keeps descriptors, layouts and preferences; the four
// functions that need a device are these. Products are checked, and computed when their stream is
// waited for.
#include <cublasLt.h>

#include <algorithm>
#include <cstring>

#include "../runtime/device_state.h"
#include "host_numbers.h"

namespace {

using sinter::cuda_host::check_device_memory;
using sinter::cuda_host::Element;
using sinter::cuda_host::load;
using sinter::cuda_host::store;

template <class T>
T layout_value(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute) {
  T value{};
  std::size_t written = 0;
  cublasLtMatrixLayoutGetAttribute(layout, attribute, &value, sizeof value, &written);
  return value;
}
template <class T>
T description_value(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute) {
  T value{};
  std::size_t written = 0;
  cublasLtMatmulDescGetAttribute(desc, attribute, &value, sizeof value, &written);
  return value;
}

struct Matrix {
  std::uint32_t type;
  std::int64_t rows, columns, leading, batch, step;

  explicit Matrix(cublasLtMatrixLayout_t l)
      : type(layout_value<std::uint32_t>(l, CUBLASLT_MATRIX_LAYOUT_TYPE)),
        rows(
            static_cast<std::int64_t>(layout_value<std::uint64_t>(l, CUBLASLT_MATRIX_LAYOUT_ROWS))),
        columns(
            static_cast<std::int64_t>(layout_value<std::uint64_t>(l, CUBLASLT_MATRIX_LAYOUT_COLS))),
        leading(layout_value<std::int64_t>(l, CUBLASLT_MATRIX_LAYOUT_LD)),
        batch(layout_value<std::int32_t>(l, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT)),
        step(layout_value<std::int64_t>(l, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET)) {}

  Element element() const {
    return type == CUDA_R_64F   ? Element::f64
           : type == CUDA_R_32F ? Element::f32
           : type == CUDA_R_16F ? Element::f16
                                : Element::bf16;
  }
  std::int64_t at(std::int64_t b, std::int64_t i, std::int64_t j) const {
    return b * step + i + j * leading;
  }
  std::size_t span() const {
    return static_cast<std::size_t>(at(batch - 1, rows - 1, columns - 1) + 1) *
           sinter::cuda_host::bytes_of(element());
  }
};

// One call, with its shapes.
struct Product {
  Matrix a, b, c;
  bool turn_a, turn_b;
  double alpha = 1, beta = 0;
  const void *a_data = nullptr, *b_data = nullptr, *bias = nullptr;
  void* c_data = nullptr;

  std::int64_t inner() const { return turn_a ? a.rows : a.columns; }

  cublasStatus_t check() const {
    for (const Matrix* m : {&a, &b, &c}) {
      if (m->leading < m->rows || m->rows <= 0 || m->columns <= 0) {
        return CUBLAS_STATUS_INVALID_VALUE;
      }
      if (m->batch != c.batch) return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (a.type != b.type || a.type != c.type) return CUBLAS_STATUS_NOT_SUPPORTED;
    const bool fits = (turn_a ? a.columns : a.rows) == c.rows &&
                      (turn_b ? b.rows : b.columns) == c.columns &&
                      (turn_b ? b.columns : b.rows) == inner();
    return fits ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
  }

  void run() const {
    check_device_memory(a_data, a.span(), "the first matrix of cublasLtMatmul");
    check_device_memory(b_data, b.span(), "the second matrix of cublasLtMatmul");
    check_device_memory(c_data, c.span(), "the result of cublasLtMatmul");
    if (bias != nullptr) {
      check_device_memory(bias, static_cast<std::size_t>(c.rows) * bytes_of(c.element()),
                          "the bias of cublasLtMatmul");
    }
    for (std::int64_t n = 0; n < c.batch; ++n) {
      for (std::int64_t j = 0; j < c.columns; ++j) {
        for (std::int64_t i = 0; i < c.rows; ++i) element(n, i, j);
      }
    }
  }

 private:
  void element(std::int64_t n, std::int64_t i, std::int64_t j) const {
    double sum = 0;
    for (std::int64_t k = 0; k < inner(); ++k) {
      sum += load(a_data, turn_a ? a.at(n, k, i) : a.at(n, i, k), a.element()) *
             load(b_data, turn_b ? b.at(n, j, k) : b.at(n, k, j), b.element());
    }
    double value = alpha * sum;
    const std::int64_t at = c.at(n, i, j);
    if (beta != 0) value += beta * load(c_data, at, c.element());
    if (bias != nullptr) value += load(bias, i, c.element());
    store(c_data, at, c.element(), value);
  }
};

Product product_of(cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                   cublasLtMatrixLayout_t c) {
  Product p{Matrix(a), Matrix(b), Matrix(c),
            description_value<std::int32_t>(desc, CUBLASLT_MATMUL_DESC_TRANSA) != CUBLAS_OP_N,
            description_value<std::int32_t>(desc, CUBLASLT_MATMUL_DESC_TRANSB) != CUBLAS_OP_N};
  const auto epilogue = description_value<std::uint32_t>(desc, CUBLASLT_MATMUL_DESC_EPILOGUE);
  if (epilogue == CUBLASLT_EPILOGUE_BIAS) {
    p.bias = description_value<const void*>(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER);
  }
  return p;
}

constexpr std::size_t kWorkspace = 1024;  // so that callers have to bring one

}  // namespace

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(new int(0));
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<int*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t, int wanted,
                                              cublasLtMatmulHeuristicResult_t* results,
                                              int* found) {
  const cublasStatus_t status = product_of(desc, a, b, d).check();
  *found = status == CUBLAS_STATUS_SUCCESS && wanted > 0 ? 1 : 0;
  if (*found == 1) {
    std::memset(results, 0, sizeof *results);
    results->workspaceSize = kWorkspace;
  }
  return status;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                              cublasLtMatrixLayout_t, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t*, void* workspace, std::size_t bytes,
                              cudaStream_t stream) {
  Product p = product_of(desc, a_layout, b_layout, d_layout);
  const cublasStatus_t status = p.check();
  if (status != CUBLAS_STATUS_SUCCESS) return status;
  if (bytes < kWorkspace || c != d) return CUBLAS_STATUS_INVALID_VALUE;
  const bool wide =
      description_value<std::int32_t>(desc, CUBLASLT_MATMUL_DESC_SCALE_TYPE) == CUDA_R_64F;
  const auto scale = [&](const void* x) {
    return wide ? *static_cast<const double*>(x)
                : static_cast<double>(*static_cast<const float*>(x));
  };
  p.alpha = scale(alpha);
  p.beta = scale(beta);
  p.a_data = a;
  p.b_data = b;
  p.c_data = d;
  sinter::cuda_host::enqueue(stream, [p, workspace] {
    check_device_memory(workspace, kWorkspace, "the workspace of cublasLtMatmul");
    p.run();
  });
  return CUBLAS_STATUS_SUCCESS;
}
}
