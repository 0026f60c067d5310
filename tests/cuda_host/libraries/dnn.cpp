// cuDNN without a device: the real library checks and plans graphs, for a device that is described
// to it instead of one that is there; what a plan computes is computed here, when its stream is
// waited for.
#include <cudnn.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "../runtime/device_state.h"
#include "device_json.h"
#include "host_numbers.h"

namespace {

using sinter::cuda_host::check_device_memory;
using sinter::cuda_host::Element;
using sinter::cuda_host::load;
using sinter::cuda_host::store;

using SetFn = decltype(&cudnnBackendSetAttribute);
using GetFn = decltype(&cudnnBackendGetAttribute);

template <class Fn>
Fn real(const char* name) {
  return reinterpret_cast<Fn>(dlsym(RTLD_NEXT, name));
}

using Bytes = std::vector<unsigned char>;

std::size_t bytes_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_CHAR:
    case CUDNN_TYPE_BOOLEAN:
      return 1;
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
      return 8;
    default:
      return 4;
  }
}

// What was said about each descriptor.
std::map<cudnnBackendDescriptor_t, std::map<int, Bytes>>& said() {
  static auto* all = new std::map<cudnnBackendDescriptor_t, std::map<int, Bytes>>;
  return *all;
}

bool has(cudnnBackendDescriptor_t d, int name) { return said()[d].count(name) != 0; }

template <class T>
std::vector<T> values(cudnnBackendDescriptor_t d, int name) {
  const Bytes& bytes = said()[d][name];
  std::vector<T> out(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}
template <class T>
T value(cudnnBackendDescriptor_t d, int name) {
  const std::vector<T> all = values<T>(d, name);
  return all.empty() ? T{} : all[0];
}

// The description of the device, made once.
cudnnBackendDescriptor_t device() {
  static const cudnnBackendDescriptor_t made = [] {
    cudnnBackendDescriptor_t d = nullptr;
    cudnnBackendCreateDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &d);
    const std::string json = sinter::cuda_host::device_json(sinter::cuda_host::kSm80);
    real<SetFn>("cudnnBackendSetAttribute")(
        d, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
        static_cast<std::int64_t>(json.size()) + 1, json.c_str());
    cudnnBackendFinalize(d);
    return d;
  }();
  return made;
}

struct Handle {
  cudaStream_t stream = nullptr;
};

struct Tensor {
  std::vector<std::int64_t> sizes, strides;
  Element element = Element::f32;
  unsigned char* data = nullptr;

  std::int64_t at(std::array<std::int64_t, 4> i) const {
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < 4; ++d) offset += i[d] * strides[d];
    return offset;
  }
  void check(const char* what) const {
    std::int64_t last = 0;
    for (std::size_t d = 0; d < 4; ++d) last += (sizes[d] - 1) * strides[d];
    check_device_memory(data, static_cast<std::size_t>(last + 1) * bytes_of(element), what);
  }
};

enum class Kind : std::uint8_t { forward, data, weight };

struct Convolution {
  Kind kind = Kind::forward;
  Tensor x, w, y;
  std::vector<std::int64_t> padding, stride, dilation;
  unsigned char* workspace = nullptr;
  std::int64_t workspace_bytes = 0;

  void run() const;

 private:
  // Calls fn(x place, w place, y place) for every product of the convolution.
  template <class F>
  void for_each_product(F&& fn) const;
};

template <class F>
void Convolution::for_each_product(F&& fn) const {
  const std::int64_t out_per_group = w.sizes[0] * w.sizes[1] / x.sizes[1];
  std::array<std::int64_t, 4> o{}, f{};
  for (o[0] = 0; o[0] < y.sizes[0]; ++o[0])
    for (o[1] = 0; o[1] < y.sizes[1]; ++o[1])
      for (o[2] = 0; o[2] < y.sizes[2]; ++o[2])
        for (o[3] = 0; o[3] < y.sizes[3]; ++o[3])
          for (f[1] = 0; f[1] < w.sizes[1]; ++f[1])
            for (f[2] = 0; f[2] < w.sizes[2]; ++f[2])
              for (f[3] = 0; f[3] < w.sizes[3]; ++f[3]) {
                f[0] = o[1];
                const std::int64_t row = o[2] * stride[0] - padding[0] + f[2] * dilation[0];
                const std::int64_t column = o[3] * stride[1] - padding[1] + f[3] * dilation[1];
                if (row < 0 || row >= x.sizes[2] || column < 0 || column >= x.sizes[3]) continue;
                const std::int64_t channel = o[1] / out_per_group * w.sizes[1] + f[1];
                fn(x.at({o[0], channel, row, column}), w.at(f), y.at(o));
              }
}

void Convolution::run() const {
  x.check("x of a convolution");
  w.check("w of a convolution");
  y.check("y of a convolution");
  check_device_memory(workspace, static_cast<std::size_t>(workspace_bytes),
                      "the workspace of a convolution");
  const Tensor& out = kind == Kind::forward ? y : kind == Kind::data ? x : w;
  // Sums are kept in double by the place that they belong to, and rounded once.
  std::map<std::int64_t, double> sums;
  std::array<std::int64_t, 4> i{};
  for (i[0] = 0; i[0] < out.sizes[0]; ++i[0])
    for (i[1] = 0; i[1] < out.sizes[1]; ++i[1])
      for (i[2] = 0; i[2] < out.sizes[2]; ++i[2])
        for (i[3] = 0; i[3] < out.sizes[3]; ++i[3]) sums[out.at(i)] = 0;
  for_each_product([&](std::int64_t xp, std::int64_t wp, std::int64_t yp) {
    const auto a = [&] { return load(x.data, xp, x.element); };
    const auto b = [&] { return load(w.data, wp, w.element); };
    const auto c = [&] { return load(y.data, yp, y.element); };
    if (kind == Kind::forward) sums[yp] += a() * b();
    if (kind == Kind::data) sums[xp] += c() * b();
    if (kind == Kind::weight) sums[wp] += a() * c();
  });
  for (const auto& [place, sum] : sums) store(out.data, place, out.element, sum);
}

Tensor tensor_of(cudnnBackendDescriptor_t d, const std::map<std::int64_t, void*>& pointers) {
  Tensor t;
  t.sizes = values<std::int64_t>(d, CUDNN_ATTR_TENSOR_DIMENSIONS);
  t.strides = values<std::int64_t>(d, CUDNN_ATTR_TENSOR_STRIDES);
  const int type = value<int>(d, CUDNN_ATTR_TENSOR_DATA_TYPE);
  t.element = type == CUDNN_DATA_DOUBLE  ? Element::f64
              : type == CUDNN_DATA_FLOAT ? Element::f32
              : type == CUDNN_DATA_HALF  ? Element::f16
                                         : Element::bf16;
  const auto found = pointers.find(value<std::int64_t>(d, CUDNN_ATTR_TENSOR_UNIQUE_ID));
  if (found != pointers.end()) t.data = static_cast<unsigned char*>(found->second);
  return t;
}

// Names of x, w, y and the convolution in an operation of one kind.
struct Names {
  Kind kind;
  int x, w, y, convolution;
};
constexpr Names kNames[] = {
    {Kind::forward, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC},
    {Kind::data, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC},
    {Kind::weight, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC}};

std::map<std::int64_t, void*> pointers_of(cudnnBackendDescriptor_t pack) {
  const auto names = values<std::int64_t>(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto data = values<void*>(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  std::map<std::int64_t, void*> out;
  for (std::size_t k = 0; k < std::min(names.size(), data.size()); ++k) out[names[k]] = data[k];
  return out;
}

// What a plan with these pointers computes; false when it is not a convolution.
bool convolution_of(cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack,
                    Convolution& out) {
  using Descriptor = cudnnBackendDescriptor_t;
  const auto config = value<Descriptor>(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  const auto graph = value<Descriptor>(config, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  const auto operation = value<Descriptor>(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS);
  for (const Names& n : kNames) {
    if (!has(operation, n.x)) continue;
    const auto pointers = pointers_of(pack);
    out.kind = n.kind;
    out.x = tensor_of(value<Descriptor>(operation, n.x), pointers);
    out.w = tensor_of(value<Descriptor>(operation, n.w), pointers);
    out.y = tensor_of(value<Descriptor>(operation, n.y), pointers);
    const auto c = value<Descriptor>(operation, n.convolution);
    out.padding = values<std::int64_t>(c, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
    out.stride = values<std::int64_t>(c, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
    out.dilation = values<std::int64_t>(c, CUDNN_ATTR_CONVOLUTION_DILATIONS);
    out.workspace = value<unsigned char*>(pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
    std::int64_t count = 0;
    cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1,
                             &count, &out.workspace_bytes);
    return true;
  }
  return false;
}

}  // namespace

extern "C" {

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  *handle = reinterpret_cast<cudnnHandle_t>(new Handle);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  delete reinterpret_cast<Handle*>(handle);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  reinterpret_cast<Handle*>(handle)->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

// A descriptor at the address of one that is gone has nothing said about it.
cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t* d) {
  static const auto create =
      real<decltype(&cudnnBackendCreateDescriptor)>("cudnnBackendCreateDescriptor");
  const cudnnStatus_t status = create(type, d);
  if (status == CUDNN_STATUS_SUCCESS) said().erase(*d);
  return status;
}

// A handle stands for the described device.
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t d, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t count,
                                       const void* given) {
  static const auto set = real<SetFn>("cudnnBackendSetAttribute");
  const auto* bytes = static_cast<const unsigned char*>(given);
  if (bytes != nullptr) {
    said()[d][name].assign(bytes, bytes + static_cast<std::size_t>(count) * bytes_of(type));
  }
  if (name == CUDNN_ATTR_OPERATIONGRAPH_HANDLE) return CUDNN_STATUS_SUCCESS;
  if (name == CUDNN_ATTR_EXECUTION_PLAN_HANDLE) {
    const cudnnBackendDescriptor_t described = device();
    return set(d, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
               &described);
  }
  const cudnnStatus_t status = set(d, name, type, count, given);
  const bool planned_for_handle =
      name == CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH &&
      has(*static_cast<const cudnnBackendDescriptor_t*>(given), CUDNN_ATTR_OPERATIONGRAPH_HANDLE);
  if (status != CUDNN_STATUS_SUCCESS || !planned_for_handle) return status;
  const cudnnBackendDescriptor_t described = device();
  return set(d, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &described);
}

// Remembers which graph a proposed configuration is for.
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t d, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t wanted,
                                       std::int64_t* count, void* out) {
  static const auto get = real<GetFn>("cudnnBackendGetAttribute");
  const cudnnStatus_t status = get(d, name, type, wanted, count, out);
  if (status == CUDNN_STATUS_SUCCESS && name == CUDNN_ATTR_ENGINEHEUR_RESULTS && out != nullptr) {
    const auto* configs = static_cast<const cudnnBackendDescriptor_t*>(out);
    for (std::int64_t k = 0; k < std::min(wanted, *count); ++k) {
      said()[configs[k]][CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH] =
          said()[d][CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH];
    }
  }
  return status;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
  Convolution convolution;
  if (!convolution_of(plan, pack, convolution)) return CUDNN_STATUS_NOT_SUPPORTED;
  sinter::cuda_host::enqueue(reinterpret_cast<Handle*>(handle)->stream,
                             [convolution] { convolution.run(); });
  return CUDNN_STATUS_SUCCESS;
}
}
