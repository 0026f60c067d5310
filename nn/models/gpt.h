// GPT: a transformer that predicts the next token (Radford et al., "Language models are
// unsupervised multitask learners", 2019: GPT-2).
#pragma once
#include <sinter/nn/containers/sequential.h>
#include <sinter/nn/layers/activation.h>
#include <sinter/nn/layers/dropout.h>
#include <sinter/nn/layers/embedding.h>
#include <sinter/nn/layers/linear.h>
#include <sinter/nn/layers/normalization.h>

#include <cstdint>
#include <string>

namespace sinter::nn::models {

// GPT(GPTOptions(50257, 1024)) is the smallest GPT-2; block_size is the longest sequence.
struct GPTOptions {
  GPTOptions(std::int64_t vocab_size, std::int64_t block_size)
      : vocab_size_(vocab_size), block_size_(block_size) {}
  SINTER_ARG(std::int64_t, vocab_size);
  SINTER_ARG(std::int64_t, block_size);
  SINTER_ARG(std::int64_t, layers) = 12;
  SINTER_ARG(std::int64_t, heads) = 12;
  SINTER_ARG(std::int64_t, width) = 768;
  // The probability of zeroing elements of embeddings, attention and residuals in training.
  SINTER_ARG(double, dropout) = 0.0;
  // Whether the head's weight is that of the token embedding (Press and Wolf, 2016).
  SINTER_ARG(bool, tied) = true;
  // GELU's form, "tanh" as in GPT-2 or "none".
  SINTER_ARG(std::string, approximate) = "tanh";
};

// Multi-head causal self-attention (Vaswani et al., 2017): [N, T, width] -> [N, T, width], position
// t looking at positions up to t. c_attn makes queries, keys and values at once. The constructor
// throws ValueError `[gpt] ...` unless heads divide the width.
class GPTAttentionImpl : public Module {
 public:
  explicit GPTAttentionImpl(const GPTOptions& options_);
  Tensor forward(const Tensor& x);

  GPTOptions options;
  Linear c_attn;
  Linear c_proj;
  Dropout resid_dropout;

 private:
  // [N, T, width] -> [N, heads, T, width / heads]
  Tensor split_heads(const Tensor& x) const;
};
SINTER_MODULE(GPTAttention);

// Two linear layers with GELU between them, four times as wide inside.
class GPTMLPImpl : public Module {
 public:
  explicit GPTMLPImpl(const GPTOptions& options);
  Tensor forward(const Tensor& x);

  Linear c_fc;
  GELU gelu;
  Linear c_proj;
  Dropout dropout;
};
SINTER_MODULE(GPTMLP);

// x + attention(norm(x)), and then the same with the MLP.
class GPTBlockImpl : public Module {
 public:
  explicit GPTBlockImpl(const GPTOptions& options);
  Tensor forward(const Tensor& x);

  LayerNorm ln_1;
  GPTAttention attn;
  LayerNorm ln_2;
  GPTMLP mlp;
};
SINTER_MODULE(GPTBlock);

// Tokens i64 [N, T] -> features [N, T, width]: embeddings of tokens and of positions, the blocks,
// and a last norm. forward() throws ValueError `[gpt] ...` for tokens of other dimensions or
// sequences longer than block_size.
class GPTTransformerImpl : public Module {
 public:
  explicit GPTTransformerImpl(const GPTOptions& options_);
  Tensor forward(const Tensor& tokens);

  GPTOptions options;
  Embedding wte;
  Embedding wpe;
  Dropout drop;
  Sequential h;
  LayerNorm ln_f;
};
SINTER_MODULE(GPTTransformer);

// Tokens i64 [N, T] -> scores [N, T, vocab_size] of the token that follows each. Weights start
// normal(0, 0.02), those of c_proj smaller by sqrt(2 * layers), biases as zeros.
//
// Names are those of nanoGPT: "transformer.wte.weight", "transformer.h.0.attn.c_attn.weight",
// "lm_head.weight". A tied head has no weight of its own, so that each parameter appears once: a
// state dict that has "lm_head.weight" all the same loads with strict = false.
class GPTImpl : public Module {
 public:
  explicit GPTImpl(const GPTOptions& options_);
  Tensor forward(const Tensor& tokens);

  GPTOptions options;
  GPTTransformer transformer;
  Linear lm_head;  // empty where it is tied

 private:
  void reset_parameters();
};
SINTER_MODULE(GPT);

}  // namespace sinter::nn::models
