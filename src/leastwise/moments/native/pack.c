/* Pack, cut and settle. Compiled once for each set of instructions, and without
   contraction of multiply-add: the error-free transforms below depend on each
   operation being rounded on its own. */
#include "block.h"
#include "vector.h"

#if defined(__FAST_MATH__)
#error "pack.c must not be compiled with -ffast-math"
#endif

void LW_NAME(pack)(const double *x, ptrdiff_t step, size_t rows, const double *shift,
                   double *u, double *low, double *most, double *least)
{
    for (int l = 0; l < LW_LANES; l += LW_WIDTH) {
        vec c = at(shift + l), top = at(most + l), bottom = -at(least + l);
        for (size_t r = 0; r < rows; r++) {
            vec value = at(x + (ptrdiff_t)r * step + l), d = value - c;
            top = larger(value, top);
            bottom = larger(-value, bottom);
            put(u + r * LW_LANES + (size_t)l, d);
            if (low) {
                vec t = d - value;
                put(low + r * LW_LANES + (size_t)l, (value - (d - t)) - (c + t));
            }
        }
        put(most + l, top);
        put(least + l, -bottom);
    }
}

void LW_NAME(scale)(double *u, double *low, size_t rows, const double *scale)
{
    for (size_t i = 0; i < rows * LW_LANES; i += LW_WIDTH) {
        vec s = at(scale + i % LW_LANES);
        put(u + i, at(u + i) * s);
        if (low)
            put(low + i, at(low + i) * s);
    }
}

void LW_NAME(cut)(const double *value, const double *rest, double *const *into,
                  size_t n, int slices)
{
    /* Adding 1.5 * 2^k pushes every bit below 2^(k - 52) off the end. */
    vec upper = all(0x1.8p32), lower = all(0x1.8p11);
    for (size_t i = 0; i < n; i += LW_WIDTH) {
        vec v = at(value + i), top = (v + upper) - upper, left = v - top;
        put(into[0] + i, top);
        if (slices == 3) {
            vec next = (left + lower) - lower;
            put(into[1] + i, next);
            put(into[2] + i, (left - next) + at(rest + i));
        } else
            put(into[1] + i, left + at(rest + i));
    }
}

void LW_NAME(weigh)(const double *u, const double *low, size_t rows, const double *w,
                    double *value, double *rest)
{
    for (size_t i = 0; i < rows * LW_LANES; i += LW_WIDTH) {
        vec a = all(w[i / LW_LANES]), e;
        vec p = product(a, at(u + i), &e);
        if (rest)
            put(rest + i, e + a * at(low + i));
        put(value + i, p);
    }
}

void LW_NAME(add)(double *into, const double *other, size_t n)
{
    for (size_t i = 0; i < n; i += LW_WIDTH)
        put(into + i, at(into + i) + at(other + i));
}

void LW_NAME(settle)(double *hi, double *lo, double *part, size_t n)
{
    for (size_t i = 0; i < n; i += LW_WIDTH) {
        vec h = at(hi + i), value = at(part + i);
        vec s = h + value, t = s - h;
        vec e = (h - (s - t)) + (value - t) + at(lo + i);
        vec sum = s + e;
        put(hi + i, sum);
        put(lo + i, e - (sum - s));
        put(part + i, all(0.0));
    }
}

void LW_NAME(dot)(const double *u, const double *low, size_t rows, size_t panels,
                  const double *g, const double *g_low, double *e, double *e_low)
{
    for (size_t r = 0; r < rows; r++) {
        vec hi = {0}, lo = {0};
        for (size_t c = 0; c < panels * LW_LANES; c += LW_WIDTH) {
            size_t i = c / LW_LANES * LW_PANEL + r * LW_LANES + c % LW_LANES;
            vec v = at(u + i), b = at(g + c), error, p, s, t;
            if (!low) {
                hi += v * b;
                continue;
            }
            p = product(v, b, &error);
            error += v * at(g_low + c) + at(low + i) * b;
            s = hi + p, t = s - hi;
            lo += ((hi - (s - t)) + (p - t)) + error;
            hi = s;
        }
        total(hi, lo, &e[r], &e_low[r]);
    }
}
