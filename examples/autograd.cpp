// Automatic differentiation: gradients, their gradients, hooks, and functions of one's own.
#include <sinter/sinter.h>

#include <iostream>

using sinter::Tensor;
using sinter::autograd::AutogradContext;
using sinter::autograd::variable_list;

// Rounds on the way forward and lets gradients pass unchanged on the way back.
struct Round : sinter::autograd::Function<Round> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x.round(); }
  static variable_list backward(AutogradContext*, const variable_list& grads) { return grads; }
};

int main() {
  std::cout << std::boolalpha;

  // What is computed from w is recorded; backward() adds the gradient to w.grad().
  const Tensor w = sinter::tensor({1.0, 2.0, 3.0}, sinter::requires_grad());
  (w * w).sum().backward();
  std::cout << "d(w*w)/dw =\n" << w.grad() << "\n";

  // grad() returns gradients instead. With create_graph they can be differentiated again.
  const Tensor cube = w.pow(3).sum();
  const Tensor first = sinter::autograd::grad({cube}, {w}, {}, /*retain_graph=*/true,
                                              /*create_graph=*/true)[0];
  const Tensor second = sinter::autograd::grad({first.sum()}, {w})[0];
  std::cout << "first derivative of w^3:\n" << first.detach() << "\nsecond:\n" << second << "\n";

  // Hooks see the gradient of a tensor as it is computed, and may replace it.
  const Tensor hidden = w * 2;
  const unsigned hook = hidden.register_hook([](const Tensor& g) { return g.clamp(-1, 1); });
  w.mutable_grad() = Tensor();
  (hidden * hidden).sum().backward({}, /*retain_graph=*/true);
  std::cout << "with clipped gradients:\n" << w.grad() << "\n";
  hidden.remove_hook(hook);

  // Nothing is recorded inside of a NoGradGuard.
  {
    const sinter::NoGradGuard no_grad;
    std::cout << "w + 1 is recorded: " << (w + 1).requires_grad() << "\n";
  }

  // A custom function.
  const Tensor x = sinter::tensor({0.4, 1.6}, sinter::requires_grad());
  const Tensor rounded = Round::apply(x);
  rounded.mul(3).sum().backward();
  std::cout << rounded.grad_fn()->name() << " gives\n" << x.grad() << "\n";

  // A checkpointed function keeps only its inputs, and runs again when backward needs the rest.
  int runs = 0;
  const auto wave = [&runs](const Tensor& t) {
    ++runs;
    return t.sin().exp().tanh();
  };
  const Tensor direct = sinter::autograd::grad({wave(x).sum()}, {x})[0];
  const Tensor checkpointed =
      sinter::autograd::grad({sinter::autograd::checkpoint(wave, x).sum()}, {x})[0];
  std::cout << "the same gradient in " << runs << " runs: " << direct.equal(checkpointed) << "\n";

  // Are the formulas right? gradcheck compares them with finite differences, in f64.
  const auto fn = [](const variable_list& in) -> variable_list { return {(in[0].exp() * in[0])}; };
  const Tensor point = sinter::tensor({0.3, -1.2}, sinter::dtype(sinter::kDouble)).requires_grad_();
  std::cout << "gradcheck: " << sinter::autograd::gradcheck(fn, {point}) << "\n";
}
