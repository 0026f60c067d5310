// A generator and a discriminator that train against each other: transposed convolutions, batch
// norms, a Sequential, two optimizers, checkpoints of models and optimizers.
#include <torch/torch.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <tuple>

namespace nn = torch::nn;

const int64_t kNoiseSize = 16;
const int64_t kBatchSize = 8;
const int64_t kBatches = 4;

struct DCGANGeneratorImpl : nn::Module {
  DCGANGeneratorImpl(int kNoise)
      : conv1(nn::ConvTranspose2dOptions(kNoise, 32, 4).bias(false)),
        batch_norm1(32),
        conv2(nn::ConvTranspose2dOptions(32, 16, 3).stride(2).padding(1).bias(false)),
        batch_norm2(16),
        conv3(nn::ConvTranspose2dOptions(16, 1, 4).stride(2).padding(1).bias(false)) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("conv3", conv3);
    register_module("batch_norm1", batch_norm1);
    register_module("batch_norm2", batch_norm2);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(batch_norm1(conv1(x)));
    x = torch::relu(batch_norm2(conv2(x)));
    x = torch::tanh(conv3(x));
    return x;
  }

  nn::ConvTranspose2d conv1;
  nn::BatchNorm2d batch_norm1;
  nn::ConvTranspose2d conv2;
  nn::BatchNorm2d batch_norm2;
  nn::ConvTranspose2d conv3;
};
TORCH_MODULE(DCGANGenerator);

nn::Sequential create_discriminator() {
  return nn::Sequential(
      // Layer 1
      nn::Conv2d(nn::Conv2dOptions(1, 16, 4).stride(2).padding(1).bias(false)),
      nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)),
      // Layer 2
      nn::Conv2d(nn::Conv2dOptions(16, 32, 3).stride(2).padding(1).bias(false)),
      nn::BatchNorm2d(32), nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)),
      // Output
      nn::Conv2d(nn::Conv2dOptions(32, 1, 4).stride(1).padding(0).bias(false)), nn::Sigmoid(),
      nn::Functional(torch::flatten, 0, -1));
}

// Weights as in the paper: small and normal.
void weights_init(nn::Module& module) {
  torch::NoGradGuard no_grad;
  if (auto* conv = module.as<nn::Conv2d>()) {
    nn::init::normal_(conv->weight, 0.0, 0.02);
  } else if (auto* transposed = module.as<nn::ConvTranspose2d>()) {
    nn::init::normal_(transposed->weight, 0.0, 0.02);
  } else if (auto* norm = module.as<nn::BatchNorm2d>()) {
    nn::init::normal_(norm->weight, 1.0, 0.02);
    nn::init::constant_(norm->bias, 0);
  }
}

int main() {
  std::cout << std::boolalpha;
  torch::manual_seed(2);
  torch::Device device(torch::kCPU);

  DCGANGenerator generator(kNoiseSize);
  generator->to(device);
  nn::Sequential discriminator = create_discriminator();
  discriminator->to(device);
  generator->apply(weights_init);
  discriminator->apply(weights_init);
  std::cout << generator << "\n" << discriminator << "\n";
  for (const auto& buffer : generator->named_buffers()) {
    std::cout << buffer.key() << ": " << buffer->sizes() << " " << buffer->scalar_type() << "\n";
  }

  torch::optim::Adam generator_optimizer(
      generator->parameters(), torch::optim::AdamOptions(2e-4).betas(std::make_tuple(0.5, 0.5)));
  torch::optim::Adam discriminator_optimizer(
      discriminator->parameters(),
      torch::optim::AdamOptions(5e-4).betas(std::make_tuple(0.5, 0.5)));

  for (int64_t batch_index = 1; batch_index <= kBatches; ++batch_index) {
    // Train discriminator with real images.
    discriminator->zero_grad();
    torch::Tensor real_images = torch::rand({kBatchSize, 1, 14, 14}, device).sub_(0.5).mul_(2);
    torch::Tensor real_labels = torch::empty(real_images.size(0), device).uniform_(0.8, 1.0);
    torch::Tensor real_output = discriminator->forward(real_images);
    torch::Tensor d_loss_real = torch::binary_cross_entropy(real_output, real_labels);
    d_loss_real.backward();

    // Train discriminator with fake images.
    torch::Tensor noise = torch::randn({real_images.size(0), kNoiseSize, 1, 1}, device);
    torch::Tensor fake_images = generator->forward(noise);
    torch::Tensor fake_labels = torch::zeros(real_images.size(0), device);
    torch::Tensor fake_output = discriminator->forward(fake_images.detach());
    torch::Tensor d_loss_fake = torch::binary_cross_entropy(fake_output, fake_labels);
    d_loss_fake.backward();

    torch::Tensor d_loss = d_loss_real + d_loss_fake;
    discriminator_optimizer.step();

    // Train generator.
    generator->zero_grad();
    fake_labels.fill_(1);
    fake_output = discriminator->forward(fake_images);
    torch::Tensor g_loss = torch::binary_cross_entropy(fake_output, fake_labels);
    g_loss.backward();
    generator_optimizer.step();
    std::fprintf(stderr, "\r[%2ld/%2ld] D_loss: %.4f | G_loss: %.4f", long(batch_index),
                 long(kBatches), d_loss.item<float>(), g_loss.item<float>());
    if (batch_index == 1) {
      std::cout << fake_images.sizes() << fake_output.sizes() << d_loss.sizes() << "\n";
    }
  }
  std::fprintf(stderr, "\n");

  // Checkpoints.
  torch::save(generator, "generator-checkpoint.pt");
  torch::save(generator_optimizer, "generator-optimizer-checkpoint.pt");
  torch::save(discriminator, "discriminator-checkpoint.pt");
  DCGANGenerator restored(kNoiseSize);
  torch::load(restored, "generator-checkpoint.pt");
  torch::optim::Adam restored_optimizer(restored->parameters(), torch::optim::AdamOptions(1.0));
  torch::load(restored_optimizer, "generator-optimizer-checkpoint.pt");
  auto& options =
      static_cast<torch::optim::AdamOptions&>(restored_optimizer.param_groups()[0].options());
  std::cout << options.lr() << " " << std::get<0>(options.betas()) << "\n";

  // Samples in evaluation mode do not depend on the rest of their batch.
  generator->eval();
  restored->eval();
  torch::NoGradGuard no_grad;
  auto noise = torch::randn({4, kNoiseSize, 1, 1}, device);
  auto samples = generator->forward(noise);
  std::cout << samples.sizes() << " " << samples.abs().max().le(1).item<bool>() << " "
            << torch::allclose(samples, restored->forward(noise)) << " "
            << torch::allclose(samples[2], generator->forward(noise.slice(0, 2, 3))[0], 1e-4, 1e-5)
            << "\n";
  for (const char* path : {"generator-checkpoint.pt", "generator-optimizer-checkpoint.pt",
                           "discriminator-checkpoint.pt"}) {
    std::remove(path);
  }
}
