// Kernels: what nvcc's host code registers and launches, and libraries loaded at run time.
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "device_state.h"

using sinter::cuda_host::ended;
using sinter::ptx::Module;

namespace {

// PTX that is read when a kernel of it is first launched: a program has more than it runs.
class Image {
 public:
  explicit Image(std::string text) : text_(std::move(text)) {}
  Module& module() {
    if (module_ == nullptr) module_ = std::make_unique<Module>(std::move(text_));
    return *module_;
  }

 private:
  std::string text_;
  std::unique_ptr<Module> module_;
};

// One kernel that the host can name: by the address of its stub, or by a handle from a library.
struct Entry {
  Image* image;
  std::string name;
};

// The wrapper that nvcc's code hands over, the fat binary it points to, and one image in it. Their
// layout is not documented; it is that of CUDA 12 and 13.
struct FatWrapper {
  int magic, version;
  const unsigned char* data;
  void* file;
};
struct FatHeader {
  std::uint32_t magic;
  std::uint16_t version, header_bytes;
  std::uint64_t bytes;
};
struct FatImage {
  std::uint16_t kind, version;
  std::uint32_t header_bytes;
  std::uint64_t bytes;
  std::uint32_t compressed_bytes;
};
constexpr std::uint32_t kFatMagic = 0xba55ed50;
constexpr std::uint16_t kPtx = 1;

struct Registry {
  std::map<const void*, Entry> entries;
  std::vector<std::unique_ptr<Image>> images;
  std::map<void*, std::unique_ptr<Image>> libraries;
  std::map<void*, std::unique_ptr<Entry>> library_kernels;
};
Registry& registry() {
  static auto* all = new Registry;
  return *all;
}

struct Configuration {
  dim3 grid, block;
  std::size_t shared = 0;
  void* stream = nullptr;
};
thread_local Configuration g_configuration;

bool valid(const dim3& grid, const dim3& block, std::size_t shared) {
  const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  return grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.x <= 0x7fffffff && grid.y <= 65535 &&
         grid.z <= 65535 && threads > 0 && threads <= 1024 && block.x <= 1024 && block.y <= 1024 &&
         block.z <= 64 && shared <= std::size_t{48} << 10;
}

cudaError_t launch(const Entry& entry, const Configuration& c, void** arguments) {
  if (!valid(c.grid, c.block, c.shared)) return ended(cudaErrorInvalidConfiguration);
  std::vector<std::vector<std::uint8_t>> values;
  try {
    for (const auto& p : entry.image->module().kernel(entry.name).parameters) {
      const auto* bytes = static_cast<const std::uint8_t*>(arguments[values.size()]);
      values.emplace_back(bytes, bytes + p.bytes);
    }
  } catch (const sinter::ptx::Error& error) {
    return ended(cudaErrorInvalidDeviceFunction, error.what());
  }
  sinter::ptx::Launch options = sinter::cuda_host::launch_options();
  options.grid = {c.grid.x, c.grid.y, c.grid.z};
  options.block = {c.block.x, c.block.y, c.block.z};
  options.dynamic_shared = static_cast<std::uint32_t>(c.shared);
  sinter::cuda_host::enqueue(static_cast<cudaStream_t>(c.stream),
                             [entry, values = std::move(values), options] {
                               sinter::ptx::run(entry.image->module(), entry.name, values, options);
                             });
  return cudaSuccess;
}

cudaError_t launch_named(const void* function, const Configuration& c, void** arguments) {
  const auto found = registry().entries.find(function);
  if (found == registry().entries.end()) return ended(cudaErrorInvalidDeviceFunction);
  return launch(found->second, c, arguments);
}

}  // namespace

extern "C" {

void** __cudaRegisterFatBinary(void* wrapper) {
  const unsigned char* data = static_cast<const FatWrapper*>(wrapper)->data;
  FatHeader header;
  std::memcpy(&header, data, sizeof header);
  Image* ptx = nullptr;
  const unsigned char* end = data + header.header_bytes + header.bytes;
  if (header.magic != kFatMagic) end = data;
  for (const unsigned char* at = data + header.header_bytes; at < end;) {
    FatImage image;
    std::memcpy(&image, at, sizeof image);
    const char* body = reinterpret_cast<const char*>(at + image.header_bytes);
    if (image.kind == kPtx && ptx == nullptr) {
      // A string that ends before the image's padding does.
      registry().images.push_back(
          std::make_unique<Image>(std::string(body, strnlen(body, image.bytes))));
      ptx = registry().images.back().get();
    }
    at += image.header_bytes + image.bytes;
  }
  return reinterpret_cast<void**>(ptx);
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterFunction(void** image, const char* stub, char*, const char* name, int, uint3*,
                            uint3*, dim3*, dim3*, int*) {
  registry().entries[stub] = {reinterpret_cast<Image*>(image), name};
}
void __cudaRegisterVar(void**, char*, char*, const char*, int, std::size_t, int, int) {}
char __cudaInitModule(void**) { return 0; }

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared, void* stream) {
  g_configuration = {grid, block, shared, stream};
  return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared, void* stream) {
  *grid = g_configuration.grid;
  *block = g_configuration.block;
  *shared = g_configuration.shared;
  *static_cast<void**>(stream) = g_configuration.stream;
  return cudaSuccess;
}
cudaError_t __cudaGetKernel(cudaKernel_t* out, const void* function) {
  *out = static_cast<cudaKernel_t>(const_cast<void*>(function));
  return cudaSuccess;
}
cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                               std::size_t shared, cudaStream_t stream) {
  return launch_named(kernel, {grid, block, shared, stream}, arguments);
}
cudaError_t cudaLaunchKernel(const void* function, dim3 grid, dim3 block, void** arguments,
                             std::size_t shared, cudaStream_t stream) {
  return launch_named(function, {grid, block, shared, stream}, arguments);
}

cudaError_t cudaLibraryLoadData(cudaLibrary_t* library, const void* code, cudaJitOption*, void**,
                                unsigned, cudaLibraryOption*, void**, unsigned) {
  try {
    auto image = std::make_unique<Image>(static_cast<const char*>(code));
    image->module();
    *library = reinterpret_cast<cudaLibrary_t>(image.get());
    registry().libraries[image.get()] = std::move(image);
  } catch (const sinter::ptx::Error& error) {
    return ended(cudaErrorInvalidKernelImage, error.what());
  }
  return cudaSuccess;
}
cudaError_t cudaLibraryGetKernel(cudaKernel_t* out, cudaLibrary_t library, const char* name) {
  const auto found = registry().libraries.find(library);
  if (found == registry().libraries.end()) return ended(cudaErrorInvalidResourceHandle);
  if (!found->second->module().has(name)) return ended(cudaErrorSymbolNotFound);
  auto entry = std::make_unique<Entry>(Entry{found->second.get(), name});
  *out = reinterpret_cast<cudaKernel_t>(entry.get());
  registry().entries[entry.get()] = *entry;
  registry().library_kernels[entry.get()] = std::move(entry);
  return cudaSuccess;
}
cudaError_t cudaLibraryUnload(cudaLibrary_t library) {
  const cudaError_t status = sinter::cuda_host::drain_all();
  return registry().libraries.erase(library) == 1 ? status : ended(cudaErrorInvalidResourceHandle);
}
}
