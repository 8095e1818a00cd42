/* Unevaluated pairs of float64, about 32 digits, as in double.py. Files that include
   this are compiled without contraction of multiply-add. */
#ifndef LEASTWISE_PAIR_H
#define LEASTWISE_PAIR_H

#include <math.h>
#include <stddef.h>

typedef struct {
    double hi, lo;
} pair;

/* a * b - p for p = a * b rounded. */
static inline double product_error(double a, double b, double p)
{
#if defined(__FMA__) || defined(__aarch64__)
    return __builtin_fma(a, b, -p);
#else
    double ta = 134217729.0 * a, tb = 134217729.0 * b; /* 2^27 + 1 */
    double ah = ta - (ta - a), bh = tb - (tb - b), al = a - ah, bl = b - bh;
    return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
#endif
}

static inline pair quick(double a, double b)
{
    double s = a + b;
    return (pair){s, b - (s - a)};
}

static inline pair two_sum(double a, double b)
{
    double s = a + b, t = s - a;
    return (pair){s, (a - (s - t)) + (b - t)};
}

static inline pair plus(pair a, pair b)
{
    pair s = two_sum(a.hi, b.hi), t = two_sum(a.lo, b.lo);
    s = quick(s.hi, s.lo + t.hi);
    return quick(s.hi, s.lo + t.lo);
}

static inline pair negative(pair a)
{
    return (pair){-a.hi, -a.lo};
}

static inline pair minus(pair a, pair b)
{
    return plus(a, negative(b));
}

static inline pair times(pair a, pair b)
{
    double p = a.hi * b.hi, e = product_error(a.hi, b.hi, p);
    return quick(p, e + (a.hi * b.lo + a.lo * b.hi));
}

static inline pair over(pair a, pair b)
{
    /* Long division: a float64 quotient, and one of the exact remainder. */
    double first = a.hi / b.hi, p = first * b.hi;
    double rest = (((a.hi - p) - product_error(first, b.hi, p)) + a.lo) - first * b.lo;
    return quick(first, rest / b.hi);
}

static inline pair root_of(pair a)
{
    double r = sqrt(a.hi), p = r * r;
    double rest = ((a.hi - p) - product_error(r, r, p)) + a.lo;
    return r > 0.0 ? quick(r, rest / (2.0 * r)) : (pair){0.0, 0.0};
}

static inline pair power_of_two(pair a, int exponent)
{
    return (pair){ldexp(a.hi, exponent), ldexp(a.lo, exponent)};
}

/* into += f * x, n of them: the two halves lie apart, so that they go side by side. */
static inline void add_multiple(double *restrict hi, double *restrict lo, pair f,
                                const double *restrict x, const double *restrict x_low,
                                size_t n)
{
    for (size_t c = 0; c < n; c++) {
        double p = f.hi * x[c];
        double e = product_error(f.hi, x[c], p) + (f.hi * x_low[c] + f.lo * x[c]);
        double s = hi[c] + p, t = s - hi[c];
        double rest = ((hi[c] - (s - t)) + (p - t)) + (lo[c] + e);
        double sum = s + rest;
        lo[c] = rest - (sum - s);
        hi[c] = sum;
    }
}

#endif
