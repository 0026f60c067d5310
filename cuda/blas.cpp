#include <sinter/core/error.h>
#include <sinter/cuda/allocator.h>
#include <sinter/cuda/blas.h>

#include <cublasLt.h>

#include <array>
#include <mutex>

namespace sinter::cuda {

namespace {

constexpr std::size_t kWorkspace = std::size_t{4} << 20;

void check_blas(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail("[cuda] ", call, " failed; got ", cublasLtGetStatusName(status));
}
#define SINTER_BLAS_CHECK(call) check_blas((call), #call)

// One for each device, made when it is first asked for and kept.
cublasLtHandle_t handle_of(int device) {
  static std::mutex mutex;
  static std::array<cublasLtHandle_t, kMaxDevices> handles{};
  const std::lock_guard lock(mutex);
  cublasLtHandle_t& handle = handles[static_cast<std::size_t>(device)];
  if (handle == nullptr) SINTER_BLAS_CHECK(cublasLtCreate(&handle));
  return handle;
}

struct Types {
  cudaDataType_t element, scale;
  cublasComputeType_t compute;
};

Types types_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return {CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    case DType::f64:
      return {CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F};
    case DType::f16:
      return {CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    case DType::bf16:
      return {CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    default:
      fail<NotImplementedError>("[cuda] matrix products are of floating point; got ", dtype);
  }
}

class Description {
 public:
  explicit Description(const Types& types) {
    SINTER_BLAS_CHECK(cublasLtMatmulDescCreate(&get_, types.compute, types.scale));
  }
  ~Description() { cublasLtMatmulDescDestroy(get_); }
  Description(const Description&) = delete;
  Description& operator=(const Description&) = delete;
  template <class T>
  void set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
    SINTER_BLAS_CHECK(cublasLtMatmulDescSetAttribute(get_, attribute, &value, sizeof value));
  }
  cublasLtMatmulDesc_t get() const { return get_; }

 private:
  cublasLtMatmulDesc_t get_ = nullptr;
};

// A column-major matrix, or a batch of them.
class Layout {
 public:
  Layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns, std::int64_t leading) {
    SINTER_BLAS_CHECK(cublasLtMatrixLayoutCreate(&get_, type, static_cast<std::uint64_t>(rows),
                                                 static_cast<std::uint64_t>(columns), leading));
  }
  ~Layout() { cublasLtMatrixLayoutDestroy(get_); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  void set_batch(std::int64_t count, std::int64_t stride) {
    const auto matrices = static_cast<std::int32_t>(count);
    set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, matrices);
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
  }
  cublasLtMatrixLayout_t get() const { return get_; }

 private:
  template <class T>
  void set(cublasLtMatrixLayoutAttribute_t attribute, const T& value) {
    SINTER_BLAS_CHECK(cublasLtMatrixLayoutSetAttribute(get_, attribute, &value, sizeof value));
  }
  cublasLtMatrixLayout_t get_ = nullptr;
};

class Preference {
 public:
  explicit Preference(std::size_t workspace) {
    SINTER_BLAS_CHECK(cublasLtMatmulPreferenceCreate(&get_));
    SINTER_BLAS_CHECK(cublasLtMatmulPreferenceSetAttribute(
        get_, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, sizeof workspace));
  }
  ~Preference() { cublasLtMatmulPreferenceDestroy(get_); }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  cublasLtMatmulPreference_t get() const { return get_; }

 private:
  cublasLtMatmulPreference_t get_ = nullptr;
};

class Workspace {
 public:
  Workspace(int device, std::size_t bytes)
      : device_(device), data_(cuda_allocator::allocate(device, bytes)) {}
  ~Workspace() { cuda_allocator::deallocate(device_, data_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  void* data() const { return data_; }

 private:
  int device_;
  void* data_;
};

// An operand [rows, columns] as the library's column-major one: transposed where its columns lie
// together, since a row-major matrix is its transpose in column-major memory.
struct ColumnMajor {
  bool transposed;
  std::int64_t rows, columns, leading;
};
ColumnMajor column_major(const BlasOperand& x, std::int64_t rows, std::int64_t columns) {
  if (x.column == 1) return {false, columns, rows, x.row};
  return {true, rows, columns, x.column};
}

double as_scale(double value, double*) { return value; }
float as_scale(double value, float*) { return static_cast<float>(value); }

struct Call {
  const BlasProduct& product;
  const Description& description;
  const Layout &a, &b, &c;
};

template <class Scale>
void run(const Launch& launch, const Call& call) {
  const Preference preference(kWorkspace);
  const cublasLtHandle_t handle = handle_of(launch.device());
  cublasLtMatmulHeuristicResult_t choice{};
  int found = 0;
  // The product is computed as its transpose, b^T a^T.
  SINTER_BLAS_CHECK(cublasLtMatmulAlgoGetHeuristic(handle, call.description.get(), call.b.get(),
                                                   call.a.get(), call.c.get(), call.c.get(),
                                                   preference.get(), 1, &choice, &found));
  SINTER_CHECK(found == 1, "[cuda] cublasLt has no algorithm for a product of ", call.product.m,
               " x ", call.product.k, " and ", call.product.k, " x ", call.product.n, "; got ",
               call.product.dtype);
  const Workspace workspace(launch.device(), choice.workspaceSize);
  Scale* which = nullptr;
  const Scale alpha = as_scale(call.product.alpha, which);
  const Scale beta = as_scale(call.product.beta, which);
  SINTER_BLAS_CHECK(cublasLtMatmul(
      handle, call.description.get(), &alpha, call.product.b.data, call.b.get(),
      call.product.a.data, call.a.get(), &beta, call.product.c, call.c.get(), call.product.c,
      call.c.get(), &choice.algo, workspace.data(), choice.workspaceSize, launch.stream()));
}

}  // namespace

void multiply(const Launch& launch, const BlasProduct& p) {
  const Types types = types_of(p.dtype);
  const ColumnMajor a = column_major(p.a, p.m, p.k), b = column_major(p.b, p.k, p.n);
  Description description(types);
  description.set(CUBLASLT_MATMUL_DESC_TRANSA, b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  description.set(CUBLASLT_MATMUL_DESC_TRANSB, a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  if (p.bias != nullptr) {
    description.set(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
    description.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, p.bias);
  }
  Layout a_layout(types.element, a.rows, a.columns, a.leading);
  Layout b_layout(types.element, b.rows, b.columns, b.leading);
  Layout c_layout(types.element, p.n, p.m, p.n);
  if (p.batch != 1) {
    a_layout.set_batch(p.batch, p.a.batch);
    b_layout.set_batch(p.batch, p.b.batch);
    c_layout.set_batch(p.batch, p.m * p.n);
  }
  const Call call{p, description, a_layout, b_layout, c_layout};
  if (p.dtype == kFloat64) {
    run<double>(launch, call);
  } else {
    run<float>(launch, call);
  }
}

}  // namespace sinter::cuda
