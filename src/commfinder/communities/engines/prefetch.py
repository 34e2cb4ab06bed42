"""Ask for memory before it is needed: a hint to the processor, which changes no result."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["prefetch"]

_READ, _KEEP, _DATA = 0, 3, 1


@intrinsic
def _prefetch(_typing: Any, array: Any, index: Any) -> Any:
    """Fetch the cache line that holds an entry of a contiguous array of one dimension; for compiled code only."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, given[0]).data
        place = builder.bitcast(builder.gep(data, [given[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [place.type, word, word, word])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", (place.type,), shape)
        builder.call(fetch, [place, *(ir.Constant(word, value) for value in (_READ, _KEEP, _DATA))])
        return context.get_dummy_value()

    return types.void(array, index), code


# For the type checker; compiled code leaves the first parameter out.
prefetch: Any = _prefetch
