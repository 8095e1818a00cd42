/* The fold as a function that XLA calls on CPU, so that jit has it too. It is compiled
   in where the headers that come with jaxlib are there; without it jit folds in JAX. */
#include "kernel.h"

#include <stdint.h>
#include <string.h>
#include "xla/ffi/api/c_api.h"

enum { X, Y, FIRST, WEIGHTS, ARGUMENTS };
enum { STATUS, HI, LO, EXPONENT, LARGEST, RESULTS };
/* What one fold returns beside the codes of lw_fold: rows of weight 0, which are left
   out in JAX, for which they are not there. */
enum { MASKED = 3 };

static XLA_FFI_Error *wrong(const XLA_FFI_Api *api, const char *message)
{
    XLA_FFI_Error_Create_Args args = {0};
    args.struct_size = XLA_FFI_Error_Create_Args_STRUCT_SIZE;
    args.message = message;
    args.errc = XLA_FFI_Error_Code_INVALID_ARGUMENT;
    return api->XLA_FFI_Error_Create(&args);
}

static int is(const XLA_FFI_Buffer *a, XLA_FFI_DataType type, int64_t rank)
{
    return a->dtype == type && a->rank == rank;
}

/* Attributes are whole numbers of 64 bits; -1 for one that there is not. */
static int64_t attribute(const XLA_FFI_Attrs *attrs, const char *name)
{
    for (int64_t i = 0; i < attrs->size; i++) {
        const XLA_FFI_ByteSpan *at = attrs->names[i];
        const XLA_FFI_Scalar *value = attrs->attrs[i];
        if (at->len == strlen(name) && !memcmp(at->ptr, name, at->len)
            && attrs->types[i] == XLA_FFI_AttrType_SCALAR
            && value->dtype == XLA_FFI_DataType_S64)
            return *(const int64_t *)value->value;
    }
    return -1;
}

static int is_expected(const XLA_FFI_CallFrame *frame)
{
    int64_t given = frame->args.size;
    if ((given != WEIGHTS && given != ARGUMENTS) || frame->rets.size != RESULTS)
        return 0;
    XLA_FFI_Buffer **in = (XLA_FFI_Buffer **)frame->args.args;
    XLA_FFI_Buffer **out = (XLA_FFI_Buffer **)frame->rets.rets;
    const XLA_FFI_DataType real = XLA_FFI_DataType_F64, whole = XLA_FFI_DataType_S32;
    if (!is(in[X], real, 2) || !is(in[Y], real, 2) || !is(in[FIRST], real, 1)
        || (given == ARGUMENTS && !is(in[WEIGHTS], real, 1))
        || !is(out[HI], real, 2) || !is(out[LO], real, 2)
        || !is(out[EXPONENT], whole, 1) || !is(out[LARGEST], real, 1)
        || !is(out[STATUS], whole, 0))
        return 0;
    int64_t n = in[X]->dims[0], columns = in[X]->dims[1] + in[Y]->dims[1];
    return in[Y]->dims[0] == n && in[FIRST]->dims[0] == columns
        && (given == WEIGHTS || in[WEIGHTS]->dims[0] == n)
        && out[HI]->dims[0] == columns + 1 && out[HI]->dims[1] == columns + 1
        && out[LO]->dims[0] == columns + 1 && out[LO]->dims[1] == columns + 1
        && out[EXPONENT]->dims[0] == columns && out[LARGEST]->dims[0] == columns;
}

static int fold(const XLA_FFI_CallFrame *frame, int slices, int threads)
{
    XLA_FFI_Buffer **in = (XLA_FFI_Buffer **)frame->args.args;
    XLA_FFI_Buffer **out = (XLA_FFI_Buffer **)frame->rets.rets;
    lw_rows rows = {0};
    rows.n = (size_t)in[X]->dims[0];
    rows.p = (size_t)in[X]->dims[1], rows.k = (size_t)in[Y]->dims[1];
    rows.x = in[X]->data, rows.xr = (ptrdiff_t)rows.p, rows.xc = 1;
    rows.y = in[Y]->data, rows.yr = (ptrdiff_t)rows.k, rows.yc = 1;
    rows.shift = in[FIRST]->data;
    rows.slices = slices;
    lw_sums sums = {out[HI]->data, out[LO]->data, out[EXPONENT]->data,
                    out[LARGEST]->data};
    int done = 0;
    if (frame->args.size == ARGUMENTS) {
        rows.w = in[WEIGHTS]->data;
        for (size_t i = 0; i < rows.n; i++)
            if (!(rows.w[i] > 0.0))
                done = MASKED;
    }
    if (!done)
        done = lw_fold(&rows, threads, &sums);
    if (done) {
        size_t columns = rows.p + rows.k, entries = (columns + 1) * (columns + 1);
        memset(sums.hi, 0, entries * sizeof(double));
        memset(sums.lo, 0, entries * sizeof(double));
        memset(sums.exponent, 0, columns * sizeof(int));
        memset(sums.largest, 0, columns * sizeof(double));
    }
    return done;
}

XLA_FFI_Error *lw_fold_xla(XLA_FFI_CallFrame *frame)
{
    XLA_FFI_Extension_Base *asked = frame->extension_start;
    if (asked && asked->type == XLA_FFI_Extension_Metadata) {
        XLA_FFI_Metadata *about = ((XLA_FFI_Metadata_Extension *)asked)->metadata;
        about->api_version.major_version = XLA_FFI_API_MAJOR;
        about->api_version.minor_version = XLA_FFI_API_MINOR;
        return NULL;
    }
    int64_t slices = attribute(&frame->attrs, "slices");
    int64_t threads = attribute(&frame->attrs, "threads");
    if (slices < 1 || slices > 3 || threads < 1 || !is_expected(frame))
        return wrong(frame->api, "leastwise_fold: not the arrays that it takes");
    XLA_FFI_Buffer *status = frame->rets.rets[STATUS];
    *(int32_t *)status->data = fold(frame, (int)slices, (int)threads);
    return NULL;
}
