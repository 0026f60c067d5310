#include <sinter/core/safetensors.h>
#include <sinter/nn/module.h>
#include <sinter/nn/optim/optimizer.h>
#include <sinter/nn/serialize.h>

namespace sinter {

namespace {

OrderedDict<std::string, Tensor> read_file(const std::string& path, std::optional<Device> device) {
  OrderedDict<std::string, Tensor> out("Tensor");
  for (auto& [name, tensor] : safetensors::load(path).tensors) {
    out.insert(name, device ? tensor.to(*device) : tensor);
  }
  return out;
}

// "0", "1", ... name the elements of a list, as in libtorch's archives.
const Tensor& numbered(const OrderedDict<std::string, Tensor>& tensors, std::size_t i,
                       const std::string& path) {
  const Tensor* tensor = tensors.find(std::to_string(i));
  SINTER_CHECK_AS(ValueError, tensor != nullptr,
                  "[load] the tensors of a list are named 0, 1, ...; got no '", i, "' in ", path);
  return *tensor;
}

}  // namespace

void save(const Tensor& tensor, const std::string& path) {
  save(std::vector<Tensor>{tensor}, path);
}

void save(const std::vector<Tensor>& tensors, const std::string& path) {
  std::vector<std::pair<std::string, Tensor>> named;
  named.reserve(tensors.size());
  for (const Tensor& tensor : tensors) {
    named.emplace_back(std::to_string(named.size()), tensor);
  }
  safetensors::save(path, named);
}

void save(const OrderedDict<std::string, Tensor>& tensors, const std::string& path) {
  safetensors::save(path, tensors.pairs());
}

void save(const nn::Module& module, const std::string& path) {
  serialize::OutputArchive archive;
  module.save(archive);
  archive.save_to(path);
}

void save(const std::shared_ptr<nn::Module>& module, const std::string& path) {
  SINTER_CHECK_AS(ValueError, module != nullptr, "[save] needs a module; got nullptr");
  save(*module, path);
}

void save(const optim::Optimizer& optimizer, const std::string& path) {
  serialize::OutputArchive archive;
  optimizer.save(archive);
  archive.save_to(path);
}

void load(Tensor& tensor, const std::string& path, std::optional<Device> device) {
  // The copy does not keep the file mapped.
  tensor = numbered(read_file(path, device), 0, path).clone();
}

void load(std::vector<Tensor>& tensors, const std::string& path, std::optional<Device> device) {
  const auto file = read_file(path, device);
  std::vector<Tensor> loaded;
  for (std::size_t i = 0; i < file.size(); ++i) {
    loaded.push_back(numbered(file, i, path).clone());
  }
  tensors.insert(tensors.end(), loaded.begin(), loaded.end());
}

void load(OrderedDict<std::string, Tensor>& tensors, const std::string& path,
          std::optional<Device> device) {
  auto file = read_file(path, device);
  for (auto& item : file) *item = item->clone();
  tensors = std::move(file);
}

void load(nn::Module& module, const std::string& path) {
  module.load_state_dict(read_file(path, std::nullopt));
}

void load(const std::shared_ptr<nn::Module>& module, const std::string& path) {
  SINTER_CHECK_AS(ValueError, module != nullptr, "[load] needs a module; got nullptr");
  load(*module, path);
}

void load(optim::Optimizer& optimizer, const std::string& path) {
  serialize::InputArchive archive;
  archive.load_from(path);
  optimizer.load(archive);
}

}  // namespace sinter
