// Saving and loading tensors, modules and optimizers as safetensors files, with dotted names.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/ordered_dict.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sinter {

namespace nn {
class Module;
template <class Contained>
class ModuleHolder;
struct IncompatibleKeys;
}  // namespace nn
namespace optim {
class Optimizer;
}

namespace serialize {

// Named tensors on their way into a file.
class OutputArchive {
 public:
  // Adds a tensor, detached from autograd; an undefined one is left out. A buffer is written like
  // any other tensor. Throws ValueError for a name that is there already.
  void write(const std::string& key, const Tensor& tensor, bool is_buffer = false);
  // Adds a number as a tensor without dimensions (f64, i64 or bool).
  void write(const std::string& key, const Scalar& value);
  // Adds all of another archive, its names put behind key and a dot.
  void write(const std::string& key, const OutputArchive& nested);
  // Writes the file atomically. Throws IOError; an existing file is then as it was.
  void save_to(const std::string& path) const;
  const OrderedDict<std::string, Tensor>& tensors() const { return tensors_; }

 private:
  OrderedDict<std::string, Tensor> tensors_{"Tensor"};
};

// Named tensors from a file.
class InputArchive {
 public:
  InputArchive();
  explicit InputArchive(const OrderedDict<std::string, Tensor>& tensors);
  ~InputArchive();
  InputArchive(const InputArchive&);
  InputArchive& operator=(const InputArchive&);

  // Reads a file, to device if one is given. Throws IOError for one that is malformed.
  void load_from(const std::string& path, std::optional<Device> device = std::nullopt);
  // Copies the elements of that name into a defined tensor, converting dtype and device; an
  // undefined one becomes a tensor of its own. Throws ValueError for a name that is not there, or
  // another shape. While a module loads, this throws nothing: all disagreements are reported at
  // the end, and elements are copied when there is none.
  void read(const std::string& key, Tensor& tensor, bool is_buffer = false);
  // The same, but returns false for a name that is not there.
  bool try_read(const std::string& key, Tensor& tensor, bool is_buffer = false);
  // Reads a number. Throws ValueError where there is none.
  Scalar read_scalar(const std::string& key);
  // Makes nested stand for the names that begin with key and a dot. try_read returns false when
  // there are none.
  void read(const std::string& key, InputArchive& nested);
  bool try_read(const std::string& key, InputArchive& nested);
  // The first parts of the names below this archive, in the order of the file: of "fc.weight" and
  // "fc.bias", "fc".
  std::vector<std::string> keys() const;
  bool contains(const std::string& key) const;

 private:
  friend class nn::Module;
  struct State;
  InputArchive(std::shared_ptr<State> state, std::string prefix);
  static nn::IncompatibleKeys load(nn::Module& module,
                                   const OrderedDict<std::string, Tensor>& tensors, bool strict);

  std::shared_ptr<State> state_;
  std::string prefix_;
};

}  // namespace serialize

// Writes tensors, a module or an optimizer to a file, and reads them back: libtorch's torch::save
// and torch::load, in the safetensors format. The file is replaced atomically. A module's tensors
// have the names of its state_dict(), so that Python can read them. All throw IOError, and loading
// into a module ValueError when names or shapes differ, as load_state_dict does.
void save(const Tensor& tensor, const std::string& path);
void save(const std::vector<Tensor>& tensors, const std::string& path);
void save(const OrderedDict<std::string, Tensor>& tensors, const std::string& path);
void save(const nn::Module& module, const std::string& path);
void save(const std::shared_ptr<nn::Module>& module, const std::string& path);
void save(const optim::Optimizer& optimizer, const std::string& path);
template <class M>
void save(const nn::ModuleHolder<M>& module, const std::string& path) {
  save(static_cast<const nn::Module&>(*module), path);
}

void load(Tensor& tensor, const std::string& path, std::optional<Device> device = std::nullopt);
void load(std::vector<Tensor>& tensors, const std::string& path,
          std::optional<Device> device = std::nullopt);
void load(OrderedDict<std::string, Tensor>& tensors, const std::string& path,
          std::optional<Device> device = std::nullopt);
void load(nn::Module& module, const std::string& path);
void load(const std::shared_ptr<nn::Module>& module, const std::string& path);
void load(optim::Optimizer& optimizer, const std::string& path);
template <class M>
void load(nn::ModuleHolder<M>& module, const std::string& path) {
  load(static_cast<nn::Module&>(*module), path);
}

}  // namespace sinter
