#include "model_case.h"

#include <sinter/nn/models/gpt.h>
#include <sinter/tests/core/error_message.h>

#include <cmath>

using namespace sinter;
using namespace sinter::nn::models;
using namespace sinter::test;

namespace {

GPTOptions small() { return GPTOptions(11, 7).layers(2).heads(2).width(8); }

// Tokens of which each is the last plus one.
Tensor counting(std::int64_t sequences, std::int64_t length) {
  return (arange(sequences).unsqueeze(1) * 3 + arange(length)) % 11;
}

}  // namespace

TEST_CASE("GPT computes what it does in PyTorch, with the same gradients") {
  const DType dtype = GENERATE(kFloat32, kFloat64);
  ModelCase("gpt", dtype).run(GPT(small()));
  ModelCase("gpt_untied", dtype).run(GPT(small().layers(1).tied(false).approximate("none")));
}

TEST_CASE("GPT has as many parameters as GPT-2") {
  const auto gpt2 = GPTOptions(50257, 1024);
  const std::int64_t block = count_parameters(*GPTBlock(gpt2));
  CHECK((50257 + 1024) * 768 + 12 * block + 2 * 768 == 124'439'808);
  const std::int64_t blocks = 2 * (12 * 8 * 8 + 13 * 8);
  CHECK(count_parameters(*GPT(small())) == (11 + 7) * 8 + blocks + 2 * 8);
  CHECK(count_parameters(*GPT(small().tied(false))) == (2 * 11 + 7) * 8 + blocks + 2 * 8);
}

TEST_CASE("GPT's parameters have nanoGPT's names") {
  std::vector<std::string> keys;
  for (const auto& item : GPT(small().layers(1).tied(false))->state_dict()) {
    keys.push_back(item.key());
  }
  CHECK(keys == std::vector<std::string>{
                    "transformer.wte.weight", "transformer.wpe.weight",
                    "transformer.h.0.ln_1.weight", "transformer.h.0.ln_1.bias",
                    "transformer.h.0.attn.c_attn.weight", "transformer.h.0.attn.c_attn.bias",
                    "transformer.h.0.attn.c_proj.weight", "transformer.h.0.attn.c_proj.bias",
                    "transformer.h.0.ln_2.weight", "transformer.h.0.ln_2.bias",
                    "transformer.h.0.mlp.c_fc.weight", "transformer.h.0.mlp.c_fc.bias",
                    "transformer.h.0.mlp.c_proj.weight", "transformer.h.0.mlp.c_proj.bias",
                    "transformer.ln_f.weight", "transformer.ln_f.bias", "lm_head.weight"});
  CHECK_FALSE(GPT(small())->state_dict().contains("lm_head.weight"));
}

TEST_CASE("GPT starts with small weights, those of residuals smaller") {
  manual_seed(1);
  const GPT model(GPTOptions(64, 32).layers(2).heads(4).width(64));
  const auto parameters = model->named_parameters();
  const auto deviation = [&](const char* name) { return parameters[name].std().item<double>(); };
  CHECK(deviation("transformer.wte.weight") == Approx(0.02).epsilon(0.05));
  CHECK(deviation("transformer.h.1.attn.c_attn.weight") == Approx(0.02).epsilon(0.05));
  CHECK(deviation("transformer.h.1.attn.c_proj.weight") == Approx(0.01).epsilon(0.05));
  CHECK(deviation("transformer.h.0.mlp.c_proj.weight") == Approx(0.01).epsilon(0.05));
  CHECK(parameters["transformer.h.0.mlp.c_fc.bias"].eq(0).all().item<bool>());
}

TEST_CASE("GPT's scores depend on no later token") {
  manual_seed(1);
  GPT model(small().dropout(0.5));
  model->eval();
  const Tensor tokens = counting(2, 7);
  const Tensor all = model(tokens);
  CHECK(all.sizes() == IntArrayRef({2, 7, 11}));
  CHECK(model(tokens.slice(1, 0, 4)).allclose(all.slice(1, 0, 4), 1e-5, 1e-6));
}

TEST_CASE("GPT drops in training only") {
  manual_seed(1);
  GPT model(small().dropout(0.5));
  const Tensor tokens = counting(2, 7);
  CHECK_FALSE(model(tokens).equal(model(tokens)));
  model->eval();
  CHECK(model(tokens).equal(model(tokens)));
}

TEST_CASE("GPT learns to count, and clones") {
  manual_seed(1);
  const Tensor text = counting(8, 8);
  const Tensor input = text.slice(1, 0, 7);
  CHECK(learns(GPT(small().width(32)), input, text.slice(1, 1, 8), 20));
  CHECK(learns(GPT(small().width(32).tied(false)), input, text.slice(1, 1, 8), 20));
  CHECK(clones(GPT(small()), input));
  CHECK(clones(GPT(small().tied(false)), input));
}

TEST_CASE("GPT refuses options and tokens that make no sense") {
  CHECK(message_of<ValueError>([] { GPT(small().heads(3)); }) ==
        "[gpt] heads must divide the width; got 3 heads of width 8");
  CHECK(message_of<ValueError>([] { GPT{small()}(counting(2, 8)); }) ==
        "[gpt] needs tokens [N, T] with T up to 7; got [2, 8]");
  CHECK(message_of<ValueError>([] { GPT{small()}(arange(3)); }) ==
        "[gpt] needs tokens [N, T] with T up to 7; got [3]");
}
