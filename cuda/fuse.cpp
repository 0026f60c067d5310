#include <sinter/cuda/dense.h>
#include <sinter/cuda/fuse.h>
#include <sinter/cuda/launch.h>

#include <nvrtc.h>

#include <array>
#include <bit>
#include <cstdio>

namespace sinter {

namespace ops {

namespace {
thread_local SymbolScope* g_scope = nullptr;
}  // namespace

SymbolScope::SymbolScope() : outer_(g_scope) { g_scope = this; }
SymbolScope::~SymbolScope() { g_scope = outer_; }

// The bits, so that no digit is lost.
Symbol::Symbol(double constant) {
  char text[48];
  std::snprintf(text, sizeof text, "__int_as_float(0x%08x)",
                std::bit_cast<unsigned>(static_cast<float>(constant)));
  text_ = text;
}

Symbol Symbol::named(std::string name) {
  Symbol s;
  s.text_ = std::move(name);
  return s;
}

Symbol Symbol::line(const char* type, const std::string& expression) {
  SINTER_CHECK(g_scope != nullptr, "[cuda] a symbol belongs into a SymbolScope; got none");
  std::vector<std::string>& lines = g_scope->lines_;
  Symbol s = named("t" + std::to_string(lines.size()));
  lines.push_back(std::string("const ") + type + " " + s.text_ + " = " + expression + ";");
  return s;
}

}  // namespace ops

namespace cuda {

namespace {

void check_nvrtc(nvrtcResult result, const char* call) {
  if (result == NVRTC_SUCCESS) return;
  fail("[cuda] ", call, " failed; got ", nvrtcGetErrorString(result));
}
#define SINTER_NVRTC_CHECK(call) check_nvrtc((call), #call)

class Program {
 public:
  explicit Program(const std::string& source) {
    SINTER_NVRTC_CHECK(nvrtcCreateProgram(&get_, source.c_str(), "fused.cu", 0, nullptr, nullptr));
  }
  ~Program() { nvrtcDestroyProgram(&get_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // PTX for an architecture like "compute_75".
  std::string compile(const std::string& architecture) {
    const std::string arch = "--gpu-architecture=" + architecture;
    const char* options[] = {arch.c_str(), "--fmad=false"};
    if (nvrtcCompileProgram(get_, 2, options) != NVRTC_SUCCESS) {
      fail("[cuda] NVRTC refuses a fused program; got ", log());
    }
    std::size_t bytes = 0;
    SINTER_NVRTC_CHECK(nvrtcGetPTXSize(get_, &bytes));
    std::string ptx(bytes, '\0');
    SINTER_NVRTC_CHECK(nvrtcGetPTX(get_, ptx.data()));
    return ptx;
  }

 private:
  std::string log() const {
    std::size_t bytes = 0;
    if (nvrtcGetProgramLogSize(get_, &bytes) != NVRTC_SUCCESS) return "no log";
    std::string text(bytes, '\0');
    return nvrtcGetProgramLog(get_, text.data()) == NVRTC_SUCCESS ? text : "no log";
  }
  nvrtcProgram get_ = nullptr;
};

std::string architecture_of(int device) {
  int major = 0, minor = 0;
  SINTER_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  SINTER_CUDA_CHECK(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  return "compute_" + std::to_string(major * 10 + minor);
}

constexpr const char* kName = "fused";

void check_inputs(std::span<const Tensor> inputs, std::size_t count, int device) {
  SINTER_CHECK_AS(ValueError, inputs.size() == count && count > 0, "[fused] takes ", count,
                  " tensors; got ", inputs.size());
  for (const Tensor& x : inputs) {
    SINTER_CHECK(x.defined(), "[fused] takes tensors; got an undefined one");
    const TensorMeta& meta = x.impl()->meta;
    SINTER_CHECK_AS(ValueError,
                    meta.device == Device(kCUDA, device) && meta.dtype == kFloat32 &&
                        meta.contiguous && meta.sizes == inputs[0].impl()->meta.sizes,
                    "[fused] inputs must be row-major f32 of one shape on cuda:", device, "; got ",
                    meta.dtype, " of ", IntArrayRef(meta.sizes), " on ", meta.device);
  }
}

}  // namespace

std::string fused_source(std::size_t inputs, const FusedBody& body) {
  ops::SymbolScope scope;
  std::vector<ops::Symbol> x;
  std::string parameters, loads;
  for (std::size_t k = 0; k < inputs; ++k) {
    const std::string n = std::to_string(k);
    parameters += "const float* in" + n + ", ";
    loads += "    const float x" + n + " = in" + n + "[i];\n";
    x.push_back(ops::Symbol::named("x" + n));
  }
  const ops::Symbol y = body(x);
  std::string source = std::string("extern \"C\" __global__ void ") + kName + "(" + parameters +
                       "float* out, long long n) {\n"
                       "  const long long step = (long long)gridDim.x * blockDim.x;\n"
                       "  long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;\n"
                       "  for (; i < n; i += step) {\n" +
                       loads;
  for (const std::string& line : scope.lines()) source += "    " + line + "\n";
  return source + "    out[i] = " + y.text() + ";\n  }\n}\n";
}

struct FusedPointwise::Compiled {
  int device;
  cudaLibrary_t library = nullptr;
  cudaKernel_t kernel = nullptr;
};

FusedPointwise::FusedPointwise(int device, std::size_t inputs, const FusedBody& body)
    : source_(fused_source(inputs, body)),
      inputs_(inputs),
      compiled_(std::make_unique<Compiled>(Compiled{device})) {
  const DeviceScope scope(device);
  const std::string ptx = Program(source_).compile(architecture_of(device));
  SINTER_CUDA_CHECK(cudaLibraryLoadData(&compiled_->library, ptx.c_str(), nullptr, nullptr, 0,
                                        nullptr, nullptr, 0));
  SINTER_CUDA_CHECK(cudaLibraryGetKernel(&compiled_->kernel, compiled_->library, kName));
}

FusedPointwise::~FusedPointwise() {
  if (compiled_->library != nullptr) cudaLibraryUnload(compiled_->library);
}

Tensor FusedPointwise::operator()(std::span<const Tensor> inputs) const {
  check_inputs(inputs, inputs_, compiled_->device);
  const Tensor out = new_tensor(inputs[0], inputs[0].impl()->meta.sizes, kFloat32);
  std::int64_t n = out.impl()->meta.numel;
  if (n == 0) return out;
  std::vector<void*> data;
  for (const Tensor& x : inputs) data.push_back(x.impl()->data());
  data.push_back(out.impl()->data());
  std::vector<void*> arguments;
  for (void*& pointer : data) arguments.push_back(static_cast<void*>(&pointer));
  arguments.push_back(&n);
  const Launch launch(compiled_->device);
  SINTER_CUDA_CHECK(cudaLaunchKernel(static_cast<const void*>(compiled_->kernel),
                                     dim3(blocks_for(n)), dim3(kBlock), arguments.data(), 0,
                                     launch.stream()));
  return out;
}

}  // namespace cuda
}  // namespace sinter
