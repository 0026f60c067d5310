#include <sinter/cuda/allocator.h>
#include <sinter/cuda/dnn.h>
#include <sinter/cuda/dnn_graph.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>

namespace sinter::cuda {

namespace {

// A plan that was built for a problem, with the descriptors that it needs alive.
struct Plan {
  ConvolutionGraph graph;
  Descriptor config, plan;
  std::int64_t workspace;
};

// What tells problems apart, but for the device: everything but the addresses, of which only the
// alignment counts.
using Key = std::tuple<ConvDirection, DType, std::array<std::array<std::int64_t, 4>, 6>,
                       std::array<std::array<std::int64_t, 2>, 4>, std::array<bool, 3>>;

bool aligned(const DnnTensor& t) { return reinterpret_cast<std::uintptr_t>(t.data) % 16 == 0; }

Key key_of(const Convolution& p) {
  return {p.direction,
          p.dtype,
          {p.x.sizes, p.x.strides, p.w.sizes, p.w.strides, p.y.sizes, p.y.strides},
          {p.before, p.after, p.stride, p.dilation},
          {aligned(p.x), aligned(p.w), aligned(p.y)}};
}

std::optional<Plan> build(cudnnHandle_t handle, const Convolution& problem) {
  ConvolutionGraph graph = convolution_graph(handle, problem);
  for (Descriptor& config : engine_configs(graph.graph)) {
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set_one(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, handle)
        .set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
    // Heuristics also propose what then turns out not to run.
    if (cudnnBackendFinalize(plan.get()) != CUDNN_STATUS_SUCCESS) continue;
    std::int64_t workspace = 0, count = 0;
    check_dnn(cudnnBackendGetAttribute(plan.get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                       CUDNN_TYPE_INT64, 1, &count, &workspace),
              "cudnnBackendGetAttribute");
    return Plan{std::move(graph), std::move(config), std::move(plan), workspace};
  }
  return std::nullopt;
}

// A device's handle and plans. Handles are not to be used by two threads at once.
class Library {
 public:
  void run(const Launch& launch, const Convolution& problem);

 private:
  const Plan& plan_for(const Convolution& problem);

  std::mutex mutex_;
  cudnnHandle_t handle_ = nullptr;
  std::map<Key, Plan> plans_;
};

const Plan& Library::plan_for(const Convolution& problem) {
  const Key key = key_of(problem);
  const auto known = plans_.find(key);
  if (known != plans_.end()) return known->second;
  std::optional<Plan> plan = build(handle_, problem);
  SINTER_CHECK_AS(NotImplementedError, plan,
                  "[cuda] cuDNN has no engine for this convolution; got ", problem.dtype, " of ",
                  IntArrayRef(problem.x.sizes.data(), 4), " with weight ",
                  IntArrayRef(problem.w.sizes.data(), 4));
  constexpr std::size_t kMostPlans = 512;
  if (plans_.size() >= kMostPlans) plans_.clear();
  return plans_.emplace(key, std::move(*plan)).first->second;
}

void Library::run(const Launch& launch, const Convolution& problem) {
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr) check_dnn(cudnnCreate(&handle_), "cudnnCreate");
  check_dnn(cudnnSetStream(handle_, launch.stream()), "cudnnSetStream");
  const Plan& plan = plan_for(problem);
  const auto free_block = [&](void* block) { cuda_allocator::deallocate(launch.device(), block); };
  const std::unique_ptr<void, decltype(free_block)> workspace(
      cuda_allocator::allocate(launch.device(), static_cast<std::size_t>(plan.workspace)),
      free_block);
  void* pointers[] = {problem.x.data, problem.w.data, problem.y.data};
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, 3, pointers)
      .set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, {kDnnX, kDnnW, kDnnY})
      .set_one(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace.get())
      .finalize();
  check_dnn(cudnnBackendExecute(handle_, plan.plan.get(), pack.get()), "cudnnBackendExecute");
}

// Never destroyed: cuDNN may be gone before static objects are.
Library& library(int device) {
  static auto* libraries = new std::array<Library, kMaxDevices>;
  return (*libraries)[static_cast<std::size_t>(device)];
}

}  // namespace

void convolve(const Launch& launch, const Convolution& problem) {
  library(launch.device()).run(launch, problem);
}

}  // namespace sinter::cuda
