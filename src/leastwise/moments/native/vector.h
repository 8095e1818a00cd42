/* As many float64 side by side as a register holds, and names that carry the set of
   instructions. */
#ifndef LEASTWISE_VECTOR_H
#define LEASTWISE_VECTOR_H

#if defined(__AVX512F__)
enum { LW_WIDTH = 8, LW_HEIGHT = 8 };
typedef double vec __attribute__((vector_size(64), aligned(8)));
typedef long long mask __attribute__((vector_size(64), aligned(8)));
#elif defined(__AVX2__)
enum { LW_WIDTH = 4, LW_HEIGHT = 4 };
typedef double vec __attribute__((vector_size(32), aligned(8)));
typedef long long mask __attribute__((vector_size(32), aligned(8)));
#else
enum { LW_WIDTH = 2, LW_HEIGHT = 2 };
typedef double vec __attribute__((vector_size(16), aligned(8)));
typedef long long mask __attribute__((vector_size(16), aligned(8)));
#endif

#define LW_JOIN_(a, b) lw_##a##_##b
#define LW_JOIN(a, b) LW_JOIN_(a, b)
#define LW_NAME(name) LW_JOIN(name, LW_ISA)

static inline vec at(const double *p)
{
    return *(const vec *)p;
}

static inline void put(double *p, vec v)
{
    *(vec *)p = v;
}

/* The same number in every place. */
static inline vec all(double x)
{
    return x - (vec){0};
}

/* The larger of each pair; b where a is not a number. */
static inline vec larger(vec a, vec b)
{
    mask first = a > b;
    return (vec)((first & (mask)a) | (~first & (mask)b));
}

/* Pairs, for files that are compiled without contraction of multiply-add. */

/* The product and its exact error (Dekker, Veltkamp). */
static inline vec product(vec a, vec b, vec *error)
{
    vec splitter = all(134217729.0); /* 2^27 + 1 */
    vec p = a * b, ta = splitter * a, tb = splitter * b;
    vec ah = ta - (ta - a), bh = tb - (tb - b);
    vec al = a - ah, bl = b - bh;
    *error = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
    return p;
}

/* Sum the places of a pair of vectors. */
static inline void total(vec hi, vec lo, double *sum, double *low)
{
    double s = 0.0, e = 0.0;
    for (int l = 0; l < LW_WIDTH; l++) {
        double next = s + hi[l], t = next - s;
        e += (s - (next - t)) + (hi[l] - t) + lo[l];
        s = next;
    }
    *sum = s + e;
    *low = e - (*sum - s);
}

#endif
