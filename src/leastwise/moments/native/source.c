/* Columns of a block, wherever they lie and whatever they are made of: packed. */
#include "source.h"

#include <stdint.h>
#include <string.h>

#define CONVERT(TYPE)                                                             \
    {                                                                             \
        const TYPE *from = (const TYPE *)at + (ptrdiff_t)begin * row + column;    \
        for (size_t r = 0; r < m; r++, from += row)                               \
            out[r] = (double)*from;                                               \
        return;                                                                   \
    }

static void convert(const void *at, int type, ptrdiff_t row, ptrdiff_t column,
                    size_t begin, size_t m, double *out)
{
    switch (type) {
    case LW_F64: CONVERT(double)
    case LW_F32: CONVERT(float)
    case LW_I8: CONVERT(int8_t)
    case LW_I16: CONVERT(int16_t)
    case LW_I32: CONVERT(int32_t)
    case LW_U8: CONVERT(uint8_t)
    case LW_U16: CONVERT(uint16_t)
    default: CONVERT(uint32_t)
    }
}

static void column_of(const lw_rows *a, size_t c, size_t begin, size_t m, double *out)
{
    if (c < a->p)
        convert(a->x, a->x_type, a->xr, (ptrdiff_t)c * a->xc, begin, m, out);
    else if (c < a->p + a->k)
        convert(a->y, a->y_type, a->yr, (ptrdiff_t)(c - a->p) * a->yc, begin, m, out);
    else
        for (size_t r = 0; r < m; r++)
            out[r] = c == a->p + a->k;
}

/* What x and y leave out; zeros where there is nothing. */
static void low_of(const lw_rows *a, size_t c, size_t begin, size_t m, double *out)
{
    if (c < a->p && a->x_low)
        convert(a->x_low, LW_F64, (ptrdiff_t)a->p, (ptrdiff_t)c, begin, m, out);
    else if (c >= a->p && c < a->p + a->k && a->y_low)
        convert(a->y_low, LW_F64, (ptrdiff_t)a->k, (ptrdiff_t)(c - a->p), begin, m, out);
    else
        memset(out, 0, m * sizeof *out);
}

/* Where a panel lies as float64 side by side, or NULL. */
static const double *panel_at(const lw_rows *a, size_t c, size_t begin)
{
    if (c + LW_LANES > a->p || a->xc != 1 || a->x_type != LW_F64)
        return NULL;
    return (const double *)a->x + (ptrdiff_t)begin * a->xr + (ptrdiff_t)c;
}

/* Add what x and y leave out to the low parts of a panel. */
static void add_low(const lw_rows *a, size_t c, size_t begin, size_t m, double *u,
                    double *low)
{
    double column[LW_PACK];
    for (size_t l = 0; l < LW_LANES; l++, c++) {
        double shift = c < a->p + a->k && a->shift_low ? a->shift_low[c] : 0.0;
        low_of(a, c, begin, m, column);
        for (size_t r = 0; r < m; r++) {
            /* The low part can be the larger of the two after the shift. */
            double *d = &u[r * LW_LANES + l], *e = &low[r * LW_LANES + l];
            double other = *e + (column[r] - shift), sum = *d + other, t = sum - *d;
            *e = (*d - (sum - t)) + (other - t);
            *d = sum;
        }
    }
}

void lw_pack_rows(const lw_rows *a, const lw_block *block, size_t begin, size_t m,
                  lw_packed *out)
{
    size_t q = a->p + a->k + 1;
    for (size_t c = 0; c < q; c += LW_LANES) {
        const double *x = panel_at(a, c, begin);
        ptrdiff_t step = a->xr;
        double *u = out->u + c * LW_PACK, *low = out->low ? out->low + c * LW_PACK : NULL;
        double column[LW_PACK];
        if (!x) {
            for (size_t l = 0; l < LW_LANES; l++) {
                column_of(a, c + l, begin, m, column);
                for (size_t r = 0; r < m; r++)
                    out->lanes[r * LW_LANES + l] = column[r];
            }
            x = out->lanes, step = LW_LANES;
        }
        block->pack(x, step, m, out->shift + c, u, low, out->most + c, out->least + c);
        if (low && (a->x_low || a->y_low))
            add_low(a, c, begin, m, u, low);
    }
}
