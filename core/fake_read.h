// Why a fake tensor has no elements: asked when a program wants to read them.
#pragma once
#include <sinter/core/tensor_impl.h>

#include <string>

namespace sinter {

// Completes the message of the error with what the one who made the tensor fake knows of it. Null:
// nothing more is said. Set by graph capture while it records on this thread.
using ExplainFakeRead = std::string (*)(const TensorImpl& tensor);
extern constinit thread_local ExplainFakeRead explain_fake_read;

}  // namespace sinter
