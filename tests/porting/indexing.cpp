// Indexing as in NumPy: reading and writing parts of tensors.
#include <torch/torch.h>

#include <iostream>
#include <tuple>
#include <vector>

using namespace torch::indexing;

void reading() {
  std::cout << "====== reading ======\n";
  auto x = torch::arange(24).view({2, 3, 4});
  std::cout << x.index({1}) << "\n";
  std::cout << x.index({0, 1}) << "\n";
  std::cout << x.index({-1, -1, -1}).item<int64_t>() << "\n";
  std::cout << x.index({Slice(), 0}) << "\n";
  std::cout << x.index({0, Slice(1, None), Slice(None, None, 2)}) << "\n";
  std::cout << x.index({Slice(0, 1), Slice(-2, None)}).sizes() << "\n";
  std::cout << x.index({Ellipsis, 2}) << "\n";
  std::cout << x.index({"...", Slice(None, -2)}).sizes() << "\n";
  std::cout << x.index({None, 0, None}).sizes() << "\n";
  std::cout << x.index({torch::tensor({1, 0, 1}), torch::tensor({2, 0, 1})}) << "\n";
  std::cout << x.index({Slice(), torch::tensor({2, 0})}).sizes() << "\n";
  std::cout << x.index({torch::tensor({0}), Slice(), torch::tensor({1, 2, 3})}).sizes() << "\n";
  std::cout << x.index({x > 20}) << "\n";
  std::cout << x[0][1][2].item<int>() << " " << x[0].sizes() << "\n";
  std::cout << x.index({0, true}).sizes() << " " << x.index({false}).sizes() << "\n";
}

void writing() {
  std::cout << "====== writing ======\n";
  auto x = torch::zeros({3, 4});
  x.index_put_({0}, 1.0);
  x.index_put_({Slice(1, None), 0}, 2);
  x.index_put_({Slice(), -1}, torch::tensor({7.0, 8.0, 9.0}));
  std::cout << x << "\n";
  x.index_put_({x == 0}, -1);
  x.index_put_({torch::tensor({0, 2}), torch::tensor({1, 1})}, torch::tensor({0.25, 0.75}));
  std::cout << x << "\n";

  // Assigning to what an index returns writes into the tensor.
  x[1][2] = 42;
  x[2] = torch::arange(4);
  x[0] += 10;
  std::cout << x << "\n";
  auto row = x[2];
  row = torch::ones({4});
  std::cout << x[2] << "\n";
  x.slice(/*dim=*/1, /*start=*/0, /*end=*/2).fill_(0.5);
  x.select(0, 1).mul_(2);
  x.narrow(1, 3, 1).zero_();
  std::cout << x << "\n";

  auto counts = torch::zeros({4});
  counts.index_put_({torch::tensor({1, 1, 3})}, torch::ones({3}), /*accumulate=*/true);
  std::cout << counts << "\n";
}

void functions() {
  std::cout << "====== functions ======\n";
  auto x = torch::tensor({{5, 1, 4}, {2, 6, 3}});
  std::cout << torch::index_select(x, 1, torch::tensor({2, 0})) << "\n";
  std::cout << x.masked_select(x.gt(3)) << "\n" << x.masked_fill(x % 2 == 0, 0) << "\n";
  std::cout << torch::gather(x, 1, torch::tensor({{0, 0}, {2, 1}})) << "\n";
  std::cout << torch::zeros({2, 3}, torch::kLong).scatter_(1, torch::tensor({{2}, {0}}), 1) << "\n";
  std::cout << torch::where(x > 2, x, -x) << "\n" << x.nonzero().sizes() << "\n";
  torch::Tensor values, indices;
  std::tie(values, indices) = x.max(1);
  std::cout << values << "\n" << indices << "\n";
  auto [sorted, order] = torch::sort(x, /*dim=*/1, /*descending=*/true);
  std::cout << sorted << "\n" << order << "\n";
  std::cout << std::get<1>(x.topk(2, /*dim=*/-1)) << "\n";
  std::cout << torch::cat({x, x}, /*dim=*/0).sizes() << torch::stack({x, x}, 2).sizes() << "\n";
  std::vector<torch::Tensor> parts = x.chunk(2, 1);
  std::cout << parts.size() << parts[0].sizes() << parts[1].sizes() << "\n";
}

void elements() {
  std::cout << "====== elements ======\n";
  float data[] = {1, 2, 3, 4, 5, 6};
  auto f = torch::from_blob(data, {2, 3});
  auto f_a = f.accessor<float, 2>();
  float trace = 0;
  for (int i = 0; i < f_a.size(0); i++) {
    trace += f_a[i][i];
  }
  f_a[1][2] = 60;
  std::cout << trace << " " << data[5] << " " << f.data_ptr<float>()[3] << "\n";

  auto options = torch::TensorOptions().dtype(torch::kFloat64).device(torch::kCPU);
  std::vector<double> numbers{1.5, 2.5, 3.5};
  auto blob = torch::from_blob(numbers.data(), {3}, options).clone();
  numbers[0] = 0;
  std::cout << blob << "\n" << blob.scalar_type() << " " << blob.device() << "\n";
  std::cout << f.t().is_contiguous() << " " << f.t().contiguous().strides() << "\n";
  std::vector<float> copied(f.data_ptr<float>(), f.data_ptr<float>() + f.numel());
  std::cout << copied.size() << " " << f.sizes()[1] << " " << f.sizes().size() << "\n";
}

int main() {
  std::cout << std::boolalpha;
  reading();
  writing();
  functions();
  elements();
}
