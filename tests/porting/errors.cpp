// What a program catches when it makes a mistake.
#include <torch/torch.h>

#include <exception>
#include <iostream>
#include <memory>
#include <string>

template <typename Mistake>
void attempt(const char* what, Mistake mistake) {
  std::cout << what << ": ";
  try {
    mistake();
    std::cout << "nothing\n";
  } catch (const c10::IndexError& e) {
    std::cout << "IndexError\n";
  } catch (const c10::NotImplementedError& e) {
    std::cout << "NotImplementedError\n";
  } catch (const c10::Error& e) {
    const std::string text = e.what();
    const std::string brief = e.what_without_backtrace();
    std::cout << "Error" << (brief.empty() || text.find(brief) == std::string::npos ? "?" : "")
              << "\n";
  } catch (const std::exception&) {
    std::cout << "std::exception\n";
  }
}

int main() {
  auto a = torch::ones({2, 3});
  auto b = torch::ones({4, 5});
  attempt("sizes that do not broadcast", [&] { a + b; });
  attempt("inner dimensions", [&] { torch::mm(a, b); });
  attempt("a dimension too many", [&] { a.size(2); });
  attempt("an index too large", [&] { a[2]; });
  attempt("an index of a mask", [&] { a.index({torch::ones({5}, torch::kBool)}); });
  attempt("an integer index too large", [&] { a.index({0, 3}); });
  attempt("sum over a dimension that is not there", [&] { a.sum(4); });
  attempt("a view of another size", [&] { a.view({7}); });
  attempt("a view of a transposed matrix", [&] { a.t().view({6}); });
  attempt("the number in several", [&] { a.item<float>(); });
  attempt("negative sizes", [&] { torch::zeros({-1}); });
  attempt("elements of another type", [&] { a.data_ptr<int64_t>(); });
  attempt("an accessor of another rank", [&] { (a.accessor<float, 3>()); });
  attempt("backward of a matrix", [&] { a.clone().requires_grad_().mul(2).backward(); });
  attempt("backward of nothing recorded", [&] { a.sum().backward(); });
  attempt("backward twice", [&] {
    auto loss = a.clone().requires_grad_().pow(2).sum();
    loss.backward();
    loss.backward();
  });
  attempt("a leaf changed in place", [&] { torch::ones({2}, torch::requires_grad()).add_(1); });
  attempt("a saved tensor changed in place", [&] {
    auto x = torch::ones({2}, torch::requires_grad());
    auto y = x.exp();
    y.add_(1);
    y.sum().backward();
  });
  attempt("integers that want a gradient",
          [&] { torch::ones({2}, torch::kLong).requires_grad_(); });
  attempt("a target out of range", [&] {
    torch::nll_loss(a.log_softmax(1), torch::tensor({0, 3}));
  });
  attempt("channels that do not fit", [&] {
    torch::nn::Conv2d(3, 4, 3)->forward(torch::ones({1, 2, 8, 8}));
  });
  attempt("an empty holder", [&] { torch::nn::Linear(nullptr)->forward(a); });
  attempt("a name taken twice", [&] {
    torch::nn::Module module("module");
    module.register_parameter("w", torch::ones({1}));
    module.register_parameter("w", torch::ones({1}));
  });
  attempt("a file that is not there", [&] {
    torch::Tensor x;
    torch::load(x, "no-such-file.pt");
  });
  attempt("an undefined tensor", [&] { torch::Tensor().sum(); });
  attempt("TORCH_CHECK", [&] { TORCH_CHECK(a.size(0) == 3, "expected 3 rows, got ", a.size(0)); });
}
