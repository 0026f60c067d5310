#include <sinter/nn/functional.h>
#include <sinter/nn/init.h>
#include <sinter/nn/models/gpt.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/attention.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/view.h>

#include <cmath>

namespace sinter::nn::models {

namespace {

const GPTOptions& checked(const GPTOptions& o) {
  SINTER_CHECK_AS(ValueError, o.heads() > 0 && o.width() > 0 && o.width() % o.heads() == 0,
                  "[gpt] heads must divide the width; got ", o.heads(), " heads of width ",
                  o.width());
  return o;
}

std::int64_t inner_width(const GPTOptions& o) { return checked_mul("gpt", 4, o.width()); }

LayerNorm norm(const GPTOptions& o) { return LayerNorm(LayerNormOptions({o.width()})); }

}  // namespace

GPTAttentionImpl::GPTAttentionImpl(const GPTOptions& options_)
    : options(checked(options_)),
      c_attn(register_module("c_attn",
                             Linear(options.width(), checked_mul("gpt", 3, options.width())))),
      c_proj(register_module("c_proj", Linear(options.width(), options.width()))),
      resid_dropout(register_module("resid_dropout", Dropout(options.dropout()))) {}

Tensor GPTAttentionImpl::split_heads(const Tensor& x) const {
  return x.unflatten(-1, {options.heads(), options.width() / options.heads()}).transpose(1, 2);
}

Tensor GPTAttentionImpl::forward(const Tensor& x) {
  const std::vector<Tensor> qkv = c_attn(x).chunk(3, -1);
  const double dropout_p = is_training() ? options.dropout() : 0.0;
  const Tensor y =
      scaled_dot_product_attention(split_heads(qkv[0]), split_heads(qkv[1]), split_heads(qkv[2]),
                                   /*attn_mask=*/{}, dropout_p, /*is_causal=*/true);
  return resid_dropout(c_proj(y.transpose(1, 2).flatten(2)));
}

GPTMLPImpl::GPTMLPImpl(const GPTOptions& options)
    : c_fc(register_module("c_fc", Linear(options.width(), inner_width(options)))),
      gelu(register_module("gelu", GELU(GELUOptions().approximate(options.approximate())))),
      c_proj(register_module("c_proj", Linear(inner_width(options), options.width()))),
      dropout(register_module("dropout", Dropout(options.dropout()))) {}

Tensor GPTMLPImpl::forward(const Tensor& x) { return dropout(c_proj(gelu(c_fc(x)))); }

GPTBlockImpl::GPTBlockImpl(const GPTOptions& options)
    : ln_1(register_module("ln_1", norm(options))),
      attn(register_module("attn", GPTAttention(options))),
      ln_2(register_module("ln_2", norm(options))),
      mlp(register_module("mlp", GPTMLP(options))) {}

Tensor GPTBlockImpl::forward(const Tensor& x) {
  const Tensor attended = x + attn(ln_1(x));
  return attended + mlp(ln_2(attended));
}

GPTTransformerImpl::GPTTransformerImpl(const GPTOptions& options_)
    : options(checked(options_)),
      wte(register_module("wte", Embedding(options.vocab_size(), options.width()))),
      wpe(register_module("wpe", Embedding(options.block_size(), options.width()))),
      drop(register_module("drop", Dropout(options.dropout()))),
      h(register_module("h", Sequential())),
      ln_f(register_module("ln_f", norm(options))) {
  for (std::int64_t i = 0; i < options.layers(); ++i) h->push_back(GPTBlock(options));
}

Tensor GPTTransformerImpl::forward(const Tensor& tokens) {
  SINTER_CHECK_AS(ValueError, tokens.dim() == 2 && tokens.size(1) <= options.block_size(),
                  "[gpt] needs tokens [N, T] with T up to ", options.block_size(), "; got ",
                  tokens.sizes());
  const Tensor positions =
      arange(tokens.size(1), TensorOptions().dtype(kInt64).device(tokens.device()));
  return ln_f(h(drop(wte(tokens) + wpe(positions))));
}

GPTImpl::GPTImpl(const GPTOptions& options_)
    : options(options_),
      transformer(register_module("transformer", GPTTransformer(options))),
      lm_head(nullptr) {
  if (!options.tied()) {
    const auto head = LinearOptions(options.width(), options.vocab_size()).bias(false);
    lm_head = register_module("lm_head", Linear(head));
  }
  reset_parameters();
}

void GPTImpl::reset_parameters() {
  const double small = 0.02 / std::sqrt(2.0 * static_cast<double>(options.layers()));
  for (const auto& module : named_modules({}, false)) {
    if (auto* linear = module.value()->as<Linear>()) {
      init::normal_(linear->weight, 0, module.key().ends_with("c_proj") ? small : 0.02);
      if (linear->bias.defined()) init::zeros_(linear->bias);
    }
    if (auto* embedding = module.value()->as<Embedding>())
      init::normal_(embedding->weight, 0, 0.02);
  }
}

Tensor GPTImpl::forward(const Tensor& tokens) {
  const Tensor features = transformer(tokens);
  if (lm_head) return lm_head(features);
  return functional::linear(features, transformer->wte->weight);
}

}  // namespace sinter::nn::models
