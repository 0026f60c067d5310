#include <sinter/core/error.h>
#include <sinter/graph/onnx/onnx.h>

namespace sinter::onnx {

namespace {

[[noreturn]] void fail_unavailable(const std::string& path) {
  fail<NotImplementedError>("[onnx] Sinter was built without protobuf; got \"", path, "\"");
}

}  // namespace

void save(graph::GraphModule, const std::string& path, const SaveOptions&) {
  fail_unavailable(path);
}

graph::GraphModule load(const std::string& path, const LoadOptions&) { fail_unavailable(path); }

}  // namespace sinter::onnx
