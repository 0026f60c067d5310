#include <sinter/autograd/gradcheck.h>

#include <catch2/catch.hpp>

#include "samples/reference.h"

namespace sinter::testing {
namespace {

bool same(const Tensor& got, const Tensor& want) {
  return got.sizes().equals(want.sizes()) && allclose(got, want, 1e-12, 1e-12);
}

Tensor a() { return sample_values({3, 4}, 1); }
Tensor b() { return sample_values({4, 5}, 2); }
Tensor square() { return sample_values({4, 4}, 3); }
Tensor batch() { return sample_values({2, 3, 4}, 4); }

std::string message_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("einsum multiplies matrices in any order of letters") {
  CHECK(same(einsum("ij,jk->ik", {a(), b()}), mm(a(), b())));
  CHECK(same(einsum("ij,jk->ki", {a(), b()}), mm(a(), b()).t()));
  CHECK(same(einsum(" i j , j k -> i k ", {a(), b()}), mm(a(), b())));
  CHECK(same(einsum("xB,BA->Ax", {a(), b()}), mm(a(), b()).t()));
}

TEST_CASE("einsum without an arrow keeps the letters that occur once, sorted") {
  CHECK(same(einsum("ij,jk", {a(), b()}), mm(a(), b())));
  CHECK(same(einsum("ba", {a()}), a().t()));
  CHECK(same(einsum("bA", {a()}), a().t()));
  CHECK(same(einsum("ii", {square()}), square().diagonal().sum()));
}

TEST_CASE("einsum takes diagonals of repeated letters") {
  CHECK(same(einsum("ii->i", {square()}), square().diagonal()));
  CHECK(same(einsum("ii->", {square()}), square().diagonal().sum()));
  const Tensor cube = sample_values({3, 3, 3}, 5);
  const Numbers values(cube);
  Numbers diagonal({3});
  for (int i = 0; i < 3; ++i) diagonal(i) = values(i, i, i);
  CHECK(same(einsum("iii->i", {cube}), diagonal.tensor()));
  const Tensor mixed = sample_values({4, 2, 4}, 6);
  CHECK(same(einsum("iji->ji", {mixed}), mixed.diagonal(0, 0, 2)));
}

TEST_CASE("einsum sums over letters that the result lacks") {
  CHECK(same(einsum("ij->", {a()}), a().sum()));
  CHECK(same(einsum("ij->j", {a()}), a().sum({0})));
  CHECK(same(einsum("ij,jk->i", {a(), b()}), mm(a(), b()).sum({1})));
  CHECK(same(einsum("ij,kl->", {a(), b()}), a().sum() * b().sum()));
}

TEST_CASE("einsum's ellipsis stands for dimensions that broadcast") {
  CHECK(same(einsum("...ij,jk->...ik", {batch(), b()}), matmul(batch(), b())));
  CHECK(same(einsum("...ij,...jk", {batch(), b()}), matmul(batch(), b())));
  const Tensor other = sample_values({5, 1, 4, 3}, 7);
  CHECK(same(einsum("...ij,...jk->...ik", {batch(), other}), matmul(batch(), other)));
  CHECK(same(einsum("i...->...", {batch()}), batch().sum({0})));
  CHECK(same(einsum("...->...", {batch()}), batch()));
  CHECK(same(einsum("...i->i...", {batch()}), batch().movedim(-1, 0)));
}

TEST_CASE("einsum contracts several operands") {
  const Tensor c = sample_values({5, 2}, 8);
  CHECK(same(einsum("ij,jk,kl->il", {a(), b(), c}), mm(mm(a(), b()), c)));
  CHECK(same(einsum("ij,jk,kl->jl", {a(), b(), c}), mm(b() * a().sum({0}).unsqueeze(1), c)));
  CHECK(same(einsum("i,i,i->i", {a()[0], a()[1], a()[2]}), a()[0] * a()[1] * a()[2]));
  CHECK(same(einsum("i,j->ij", {a()[0], b()[0]}), outer(a()[0], b()[0])));
  CHECK(same(einsum("bij,bjk->bik", {batch(), batch().transpose(1, 2)}),
             bmm(batch(), batch().transpose(1, 2))));
}

TEST_CASE("einsum works on scalars, empty tensors and integers") {
  CHECK(same(einsum(",->", {a().sum(), b().sum()}), a().sum() * b().sum()));
  const Tensor none = sample_values({0, 4}, 1);
  CHECK(same(einsum("ij,jk->ik", {none, b()}), mm(none, b())));
  CHECK(same(einsum("ij,ik->jk", {none, none}), mm(none.t(), none)));
  const Tensor whole = sample_integers({3, 4}, kInt32, 1);
  CHECK(einsum("ij,kj->ik", {whole, whole}).equal(mm(whole, whole.t())));
}

TEST_CASE("einsum's gradients pass gradcheck") {
  const auto wants = [](const Tensor& x) { return x.clone().set_requires_grad(true); };
  const auto run = [](const std::vector<Tensor>& in) {
    return std::vector<Tensor>{einsum("bij,jk,ii->bk", in)};
  };
  const std::vector<Tensor> inputs{wants(sample_values({2, 3, 4}, 1)),
                                   wants(sample_values({4, 2}, 2)),
                                   wants(sample_values({3, 3}, 3))};
  CHECK(autograd::gradcheck(run, inputs));
  CHECK(autograd::gradgradcheck(run, inputs));
}

TEST_CASE("einsum says what is wrong with an equation") {
  CHECK(message_of([] { einsum("ij,jk", {}); }) == "[einsum] needs at least one tensor; got none");
  CHECK(message_of([] { einsum("ij,jk", {a()}); }) ==
        "[einsum] the equation has 2 operands; got 1 tensors");
  CHECK(message_of([] { einsum("ijk", {a()}); }) ==
        "[einsum] \"ijk\" names 3 dimensions; got [3, 4]");
  CHECK(message_of([] { einsum("i...jk", {a()}); }) ==
        "[einsum] \"i...jk\" names 3 dimensions; got [3, 4]");
  CHECK(message_of([] { einsum("i1", {a()}); }) ==
        "[einsum] an equation consists of letters, commas, '->' and '...'; got '1'");
  CHECK(message_of([] { einsum("......", {a()}); }) ==
        "[einsum] an operand has at most one '...'; got \"......\"");
  CHECK(message_of([] { einsum("ij->ii", {a()}); }) ==
        "[einsum] a label occurs at most once in the result; got \"ii\"");
  CHECK(message_of([] { einsum("ij->ik", {a()}); }) ==
        "[einsum] a label of the result must occur in an operand; got \"ik\"");
  CHECK(message_of([] { einsum("ii", {a()}); }) ==
        "[einsum] dimensions with one label must have one size; got 3 and 4");
  CHECK(message_of([] {
          einsum("ij,jk", {a(), a()});
        }) == "[einsum] dimensions with one label must have one size; got 4 and 3");
  CHECK(message_of([] {
          einsum("ij,jk", {a(), b().to(kFloat32)});
        }) == "[einsum] tensors must have one dtype; got f64 and f32");
  CHECK(message_of([] { einsum("i", {Tensor()}); }) ==
        "[einsum] operands must be tensors; got an undefined one");
}

TEST_CASE("kron repeats one tensor in the pattern of another") {
  const Tensor left = sample_values({2, 3}, 1), right = sample_values({4, 2}, 2);
  const Numbers x(left), y(right);
  Numbers want({8, 6});
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 6; ++j) want(i, j) = x(i / 4, j / 2) * y(i % 4, j % 2);
  }
  CHECK(same(kron(left, right), want.tensor()));
  CHECK(same(kron(left, sample_values({2}, 3)).sum(), left.sum() * sample_values({2}, 3).sum()));
  CHECK(message_of([] {
          const Tensor deep = sample_values({1, 1, 1, 1, 1, 1, 1, 1, 1});
          kron(deep, deep);
        }) == "[kron] takes at most 8 dimensions; got 9");
}

}  // namespace sinter::testing
