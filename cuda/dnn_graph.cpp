#include <sinter/core/error.h>
#include <sinter/cuda/dnn_graph.h>

#include <cstring>

namespace sinter::cuda {

namespace {

cudnnDataType_t data_type(DType dtype) {
  switch (dtype) {
    case DType::f16:
      return CUDNN_DATA_HALF;
    case DType::bf16:
      return CUDNN_DATA_BFLOAT16;
    case DType::f64:
      return CUDNN_DATA_DOUBLE;
    default:
      return CUDNN_DATA_FLOAT;
  }
}

cudnnDataType_t compute_type(DType dtype) {
  return dtype == kFloat64 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
}

template <std::size_t N>
std::vector<std::int64_t> list(const std::array<std::int64_t, N>& values) {
  return {values.begin(), values.end()};
}

Descriptor tensor(std::int64_t name, const DnnTensor& t, DType dtype) {
  Descriptor d(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  // Blocks of the allocator are aligned to 256 bytes, views of them to an element.
  const std::int64_t alignment = reinterpret_cast<std::uintptr_t>(t.data) % 16 == 0
                                     ? 16
                                     : static_cast<std::int64_t>(element_size(dtype));
  d.set_one(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, data_type(dtype))
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, list(t.sizes))
      .set(CUDNN_ATTR_TENSOR_STRIDES, list(t.strides))
      .set_one(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, name)
      .set_one(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, alignment)
      .finalize();
  return d;
}

Descriptor convolution(const Convolution& p) {
  Descriptor d(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  d.set_one(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, std::int64_t{2})
      .set_one(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, compute_type(p.dtype))
      .set_one(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE,
               CUDNN_CROSS_CORRELATION)
      .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, list(p.before))
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, list(p.after))
      .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, list(p.dilation))
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, list(p.stride))
      .finalize();
  return d;
}

// The names that one kind of operation has for its parts.
struct OperationNames {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t x, w, y, convolution, alpha, beta;
};

OperationNames names_of(ConvDirection direction) {
  switch (direction) {
    case ConvDirection::backward_data:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case ConvDirection::backward_weight:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
    default:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
  }
}

std::vector<Descriptor> configs_of_mode(const Descriptor& graph, const Descriptor* properties,
                                        cudnnBackendHeurMode_t mode) {
  constexpr std::int64_t kMost = 8;
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
      .set_one(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
  if (properties != nullptr) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *properties);
  heuristics.finalize();
  std::vector<Descriptor> configs;
  std::vector<cudnnBackendDescriptor_t> handles;
  for (std::int64_t k = 0; k < kMost; ++k) {
    configs.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    handles.push_back(configs.back().get());
  }
  std::int64_t found = 0;
  check_dnn(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, kMost, &found, handles.data()),
            "cudnnBackendGetAttribute");
  while (static_cast<std::int64_t>(configs.size()) > std::min(found, kMost)) configs.pop_back();
  return configs;
}

}  // namespace

void check_dnn(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char text[256] = {};
  cudnnGetLastErrorString(text, sizeof text);
  fail("[cuda] ", call, " failed; got ", cudnnGetErrorString(status), ": ", text);
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
  check_dnn(cudnnBackendCreateDescriptor(type, &get_), "cudnnBackendCreateDescriptor");
}
Descriptor::~Descriptor() {
  if (get_ != nullptr) cudnnBackendDestroyDescriptor(get_);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                            std::int64_t count, const void* values) {
  check_dnn(cudnnBackendSetAttribute(get_, name, type, count, values), "cudnnBackendSetAttribute");
  return *this;
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name,
                            const std::vector<std::int64_t>& values) {
  return set(name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(values.size()), values.data());
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, const Descriptor& value) {
  return set_one(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, value.get_);
}
Descriptor& Descriptor::finalize() {
  check_dnn(cudnnBackendFinalize(get_), "cudnnBackendFinalize");
  return *this;
}

ConvolutionGraph convolution_graph(cudnnHandle_t handle, const Convolution& p) {
  const OperationNames names = names_of(p.direction);
  ConvolutionGraph g{
      tensor(kDnnX, p.x, p.dtype), tensor(kDnnW, p.w, p.dtype),
      tensor(kDnnY, p.y, p.dtype), convolution(p),
      Descriptor(names.type),      Descriptor(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR)};
  g.operation.set(names.x, g.x).set(names.w, g.w).set(names.y, g.y);
  g.operation.set(names.convolution, g.convolution);
  if (p.dtype == kFloat64) {
    g.operation.set_one(names.alpha, CUDNN_TYPE_DOUBLE, 1.0)
        .set_one(names.beta, CUDNN_TYPE_DOUBLE, 0.0);
  } else {
    g.operation.set_one(names.alpha, CUDNN_TYPE_FLOAT, 1.0F)
        .set_one(names.beta, CUDNN_TYPE_FLOAT, 0.0F);
  }
  g.operation.finalize();
  if (handle != nullptr) {
    g.graph.set_one(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, handle);
  }
  g.graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, g.operation).finalize();
  return g;
}

std::vector<Descriptor> engine_configs(const Descriptor& graph, const Descriptor* properties) {
  std::vector<Descriptor> configs = configs_of_mode(graph, properties, CUDNN_HEUR_MODE_A);
  if (configs.empty()) configs = configs_of_mode(graph, properties, CUDNN_HEUR_MODE_FALLBACK);
  return configs;
}

Descriptor device_properties(const char* json) {
  Descriptor d(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  d.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
        static_cast<std::int64_t>(std::strlen(json)) + 1, json)
      .finalize();
  return d;
}

}  // namespace sinter::cuda
