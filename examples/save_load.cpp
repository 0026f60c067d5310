// Saving and loading: models, optimizers and tensors, as safetensors files that Python reads too.
#include <sinter/sinter.h>

#include <filesystem>
#include <iostream>

namespace nn = sinter::nn;
using sinter::Tensor;

nn::Sequential make_net() {
  return nn::Sequential(nn::Linear(3, 8), nn::BatchNorm1d(8), nn::ReLU(), nn::Linear(8, 1));
}

void train_a_step(nn::Sequential& net, sinter::optim::Adam& optimizer, const Tensor& x) {
  optimizer.zero_grad();
  net->forward(x).square().mean().backward();
  optimizer.step();
}

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "sinter_save_load";
  std::filesystem::create_directories(folder);
  const std::string model_file = folder / "net.safetensors",
                    state_file = folder / "adam.safetensors";

  sinter::manual_seed(1);
  const Tensor x = sinter::randn({16, 3});
  nn::Sequential net = make_net();
  sinter::optim::Adam optimizer(net->parameters(), 0.01);
  train_a_step(net, optimizer, x);

  // Files are replaced atomically: whoever reads sees the old one or the new one, never half of it.
  sinter::save(net, model_file);
  sinter::save(optimizer, state_file);
  for (const auto& [name, tensor] : sinter::safetensors::load(model_file).tensors) {
    std::cout << name << " " << tensor.dtype() << tensor.sizes() << "\n";
  }

  // A restored pair of model and optimizer continues bit for bit where the saved one was.
  nn::Sequential restored = make_net();
  sinter::optim::Adam restored_optimizer(restored->parameters(), 1.0);
  sinter::load(restored, model_file);
  sinter::load(restored_optimizer, state_file);
  train_a_step(net, optimizer, x);
  train_a_step(restored, restored_optimizer, x);
  bool same = true;
  for (const auto& item : net->state_dict()) {
    same = same && item->equal(restored->state_dict()[item.key()]);
  }
  std::cout << std::boolalpha << "one step after loading, all tensors agree: " << same << "\n";

  // A file that does not fit says all that is wrong, and changes nothing.
  nn::Sequential other(nn::Linear(3, 4), nn::BatchNorm1d(8));
  try {
    sinter::load(other, model_file);
  } catch (const sinter::ValueError& error) {
    std::cout << error.what() << "\n";
  }
  // So does one that is damaged.
  std::filesystem::resize_file(model_file, 100);
  try {
    sinter::load(restored, model_file);
  } catch (const sinter::IOError& error) {
    std::cout << "refused: " << std::string(error.what()).substr(0, 13) << "\n";
  }
  std::filesystem::remove_all(folder);
  return same ? 0 : 1;
}
