// Recording: what dispatch does with a call whose inputs want gradients.
#pragma once
#include <sinter/autograd/node.h>

namespace sinter::autograd {

// Makes dispatch hand such calls to autograd. Called when a tensor first wants a gradient.
void install_recorder();
// Throws Error `[op] ...` when gradients forbid to change the tensor in place: a leaf that wants
// one, a view of it, or a view that gradients do not follow.
void check_in_place(TensorImpl& impl, const std::string& op);
// Gives a tensor that node changed in place its new history; through its base when it is a view.
void rebase_in_place(TensorImpl& impl, IntrusivePtr<Node> node, std::uint32_t output_nr);

}  // namespace sinter::autograd
