// Automatic differentiation: functions with a backward pass of their own, gradients of gradients,
// hooks, and what is recorded when.
#include <torch/torch.h>

#include <iostream>
#include <vector>

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;
using torch::autograd::variable_list;

// y = x W' + b.
class LinearFunction : public Function<LinearFunction> {
 public:
  static torch::Tensor forward(AutogradContext* ctx, torch::Tensor input, torch::Tensor weight,
                               torch::Tensor bias = torch::Tensor()) {
    ctx->save_for_backward({input, weight, bias});
    auto output = input.mm(weight.t());
    if (bias.defined()) {
      output += bias.unsqueeze(0).expand_as(output);
    }
    return output;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grad_outputs) {
    auto saved = ctx->get_saved_variables();
    auto input = saved[0];
    auto weight = saved[1];
    auto bias = saved[2];

    auto grad_output = grad_outputs[0];
    auto grad_input = grad_output.mm(weight);
    auto grad_weight = grad_output.t().mm(input);
    auto grad_bias = torch::Tensor();
    if (bias.defined()) {
      grad_bias = grad_output.sum(0);
    }
    return {grad_input, grad_weight, grad_bias};
  }
};

// Rounds to multiples of a step, and passes gradients where the input lies within a limit: a
// straight-through estimator with arguments that are no tensors.
struct FakeQuantize : public Function<FakeQuantize> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& x, double step,
                               int64_t levels) {
    ctx->saved_data["limit"] = step * static_cast<double>(levels);
    ctx->save_for_backward({x});
    return torch::clamp(torch::round(x / step), -levels, levels) * step;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grad_outputs) {
    const double limit = ctx->saved_data["limit"].toDouble();
    auto x = ctx->get_saved_variables()[0];
    return {grad_outputs[0] * (x.abs() <= limit).to(grad_outputs[0].scalar_type()), torch::Tensor(),
            torch::Tensor()};
  }
};

// Doubles its argument in place.
struct DoubleInPlace : public Function<DoubleInPlace> {
  static torch::Tensor forward(AutogradContext* ctx, torch::Tensor x) {
    x.mul_(2);
    ctx->mark_dirty({x});
    return x;
  }
  static variable_list backward(AutogradContext*, variable_list grad_outputs) {
    return {grad_outputs[0] * 2};
  }
};

void basics() {
  std::cout << "====== basics ======\n";
  auto x = torch::ones({2, 2}, torch::requires_grad());
  auto y = x + 2;
  std::cout << y << "\n" << (y.grad_fn() != nullptr) << "\n";
  auto z = y * y * 3;
  auto out = z.mean();
  std::cout << z << "\n" << z.requires_grad() << z.is_leaf() << "\n";
  std::cout << out << "\n" << out.grad_fn()->name() << "\n";

  auto a = torch::arange(4, torch::kFloat32).view({2, 2});
  a = (a * 3) / (a - 1.5);
  std::cout << a.requires_grad() << "\n";
  a.requires_grad_(true);
  std::cout << a.requires_grad() << " " << (a * a).sum().grad_fn()->name() << "\n";

  out.backward();
  std::cout << x.grad() << "\n";

  std::cout << x.requires_grad() << x.pow(2).requires_grad();
  {
    torch::NoGradGuard no_grad;
    std::cout << x.pow(2).requires_grad();
  }
  std::cout << x.detach().requires_grad() << x.eq(x).all().item<bool>() << "\n";
}

void vector_jacobian() {
  std::cout << "====== vector-Jacobian product ======\n";
  auto x = torch::tensor({0.5, -1.0, 2.0}, torch::requires_grad());
  auto y = x * 2;
  while (y.norm().item<double>() < 1000) {
    y = y * 2;
  }
  auto v = torch::tensor({0.1, 1.0, 0.001}, torch::kFloat);
  y.backward(v);
  std::cout << y << "\n" << x.grad() << "\n";
}

void gradient_penalty() {
  std::cout << "====== gradients of gradients ======\n";
  auto weight = torch::linspace(-1, 1, 12).view({3, 4}).requires_grad_();
  auto input = torch::linspace(0, 2, 8).view({2, 4}).requires_grad_(true);
  auto output = torch::tanh(torch::mm(input, weight.t()));
  auto loss = torch::mse_loss(output, torch::zeros_like(output));

  auto grad_output = torch::ones_like(output);
  auto gradient = torch::autograd::grad({output}, {input}, /*grad_outputs=*/{grad_output},
                                        /*retain_graph=*/true, /*create_graph=*/true)[0];
  auto penalty = torch::pow((gradient.norm(2, /*dim=*/1) - 1), 2).mean();
  auto combined = loss + penalty;
  combined.backward();
  std::cout << gradient << "\n" << weight.grad() << "\n" << input.grad() << "\n";
}

void functions() {
  std::cout << "====== functions ======\n";
  auto x = torch::arange(-2, 4, torch::kFloat).view({2, 3}).set_requires_grad(true);
  auto weight = (torch::arange(12) / 8.0).view({4, 3}).requires_grad_();
  auto bias = torch::full({4}, 0.5, torch::requires_grad());
  auto y = LinearFunction::apply(x, weight, bias);
  y.sum().backward();
  std::cout << y << "\n" << x.grad() << "\n" << weight.grad() << "\n" << bias.grad() << "\n";
  std::cout << LinearFunction::apply(x, weight).requires_grad() << "\n";

  auto q = torch::tensor({-2.0, -0.6, 0.2, 0.3, 0.74, 5.0}).requires_grad_();
  auto quantized = FakeQuantize::apply(q, 0.5, 2);
  (quantized * torch::arange(1, 7)).sum().backward();
  std::cout << quantized << "\n" << q.grad() << "\n";

  auto leaf = torch::ones({3}, torch::requires_grad());
  auto doubled = DoubleInPlace::apply(leaf * 1);
  doubled.sum().backward();
  std::cout << doubled << "\n" << leaf.grad() << "\n";
}

void hooks() {
  std::cout << "====== hooks ======\n";
  auto v = torch::tensor({0.0, 0.0, 0.0}, torch::requires_grad());
  // Doubles the gradient.
  auto h = v.register_hook([](torch::Tensor grad) { return grad * 2; });
  // Looks at it.
  double seen = 0;
  v.register_hook([&](torch::Tensor grad) { seen = grad.sum().item<double>(); });
  v.backward(torch::tensor({1.0, 2.0, 3.0}));
  std::cout << v.grad() << "\n" << seen << "\n";
  v.remove_hook(h);
  v.mutable_grad() = torch::Tensor();
  v.backward(torch::tensor({1.0, 2.0, 3.0}));
  std::cout << v.grad() << "\n" << seen << "\n";

  auto middle = v + 1;
  middle.retain_grad();
  (middle * middle).sum().backward();
  std::cout << middle.grad() << "\n" << middle.is_leaf() << v.is_leaf() << "\n";
}

int main() {
  std::cout << std::boolalpha;
  basics();
  vector_jacobian();
  gradient_penalty();
  functions();
  hooks();
}
