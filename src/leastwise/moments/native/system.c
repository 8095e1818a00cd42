/* Factor and solve in pairs: S = L D L', V = L^-1' D^-1 L^-1, b = V g. Compiled once for
   each set of instructions. */
#include "block.h"
#include "pair.h"
#include "solve.h"
#include "vector.h"

#include <string.h>

/* The rank rule of solve/rank.py. */
static const double ROUNDINGS = 8.0, GRAM_DOUBT = 4.0;

typedef struct {
    double *a, *a_low;          /* p x (p + k): what is left of [S, g] */
    double *l, *l_low;          /* p x p: L^-1 */
    double *left, *left_low;    /* p x k */
    pair *pivot;                /* p: D */
} space;

static space lay_out(const lw_system *s)
{
    size_t p = s->p, wide = p * (p + s->k), square = p * p, tall = p * s->k;
    double *at = s->work + 2 * p; /* the first are those of `remain` */
    space w;
    w.a = at, at += wide;
    w.a_low = at, at += wide;
    w.l = at, at += square;
    w.l_low = at, at += square;
    w.left = at, at += tall;
    w.left_low = at, at += tall;
    w.pivot = (pair *)at;
    for (size_t i = 0; i < p; i++) {
        size_t to = i * (p + s->k);
        memcpy(w.a + to, s->xx + i * p, p * sizeof(double));
        memcpy(w.a_low + to, s->xx_low + i * p, p * sizeof(double));
        memcpy(w.a + to + p, s->xy + i * s->k, s->k * sizeof(double));
        memcpy(w.a_low + to + p, s->xy_low + i * s->k, s->k * sizeof(double));
    }
    memset(w.l, 0, 2 * square * sizeof(double));
    return w;
}

/* Whether more is left of column j than rounding could have left. */
static int is_kept(const lw_system *s, const space *w, size_t j)
{
    const double *row = w->l + j * s->p;
    double rounding = s->grain[j], doubt = s->extent[j], pivot = w->pivot[j].hi;
    for (size_t c = 0; c < j; c++) {
        rounding += fabs(row[c]) * s->grain[c];
        doubt += fabs(row[c]) * s->extent[c];
    }
    rounding *= ROUNDINGS;
    return pivot > s->weight * rounding * rounding
           && pivot > GRAM_DOUBT * s->roundoff * doubt * doubt;
}

static int eliminate(const lw_system *s, space *w)
{
    size_t p = s->p, ld = p + s->k;
    for (size_t j = 0; j < p; j++) {
        const double *row = w->a + j * ld, *low = w->a_low + j * ld;
        const double *mine = w->l + j * p, *mine_low = w->l_low + j * p;
        w->l[j * p + j] = 1.0;
        w->pivot[j] = (pair){row[j], low[j]};
        if (!is_kept(s, w, j))
            return 1;
        for (size_t i = j + 1; i < p; i++) {
            pair f = negative(over((pair){row[i], low[i]}, w->pivot[j]));
            add_multiple(w->a + i * ld + i, w->a_low + i * ld + i, f, row + i, low + i,
                         ld - i);
            add_multiple(w->l + i * p, w->l_low + i * p, f, mine, mine_low, j + 1);
        }
    }
    return 0;
}

static void invert(const lw_system *s, const space *w)
{
    size_t p = s->p;
    memset(s->inverse, 0, p * p * sizeof(double));
    memset(s->inverse_low, 0, p * p * sizeof(double));
    for (size_t r = 0; r < p; r++) {
        const double *row = w->l + r * p, *low = w->l_low + r * p;
        pair side = root_of(w->pivot[r]);
        for (size_t i = 0; i < p; i++) {
            pair value = {row[i], low[i]}, of_root = over(value, side);
            s->root[r * p + i] = of_root.hi, s->root_low[r * p + i] = of_root.lo;
            if (i <= r)
                add_multiple(s->inverse + i * p, s->inverse_low + i * p,
                             over(value, w->pivot[r]), row, low, i + 1);
        }
    }
    for (size_t i = 0; i < p; i++)
        for (size_t c = i + 1; c < p; c++) {
            s->inverse[i * p + c] = s->inverse[c * p + i];
            s->inverse_low[i * p + c] = s->inverse_low[c * p + i];
        }
}

/* sum a x, n of them, in pairs. */
static pair dot(const double *a, const double *a_low, const double *x,
                const double *x_low, size_t n)
{
    vec hi = {0}, lo = {0};
    pair sum;
    size_t c = 0;
    for (; c + LW_WIDTH <= n; c += LW_WIDTH) {
        vec v = at(a + c), b = at(x + c), error, p = product(v, b, &error), s, t;
        error += v * at(x_low + c) + at(a_low + c) * b;
        s = hi + p, t = s - hi;
        lo += ((hi - (s - t)) + (p - t)) + error;
        hi = s;
    }
    total(hi, lo, &sum.hi, &sum.lo);
    for (; c < n; c++)
        sum = plus(sum, times((pair){a[c], a_low[c]}, (pair){x[c], x_low[c]}));
    return sum;
}

void LW_NAME(remain)(const lw_system *s, double *left, double *left_low)
{
    size_t p = s->p, k = s->k;
    double *x = s->work, *x_low = s->work + p; /* one target's slopes */
    for (size_t t = 0; t < k; t++) {
        for (size_t c = 0; c < p; c++)
            x[c] = s->slopes[c * k + t], x_low[c] = s->slopes_low[c * k + t];
        for (size_t i = 0; i < p; i++) {
            pair sum = dot(s->xx + i * p, s->xx_low + i * p, x, x_low, p);
            sum = minus((pair){s->xy[i * k + t], s->xy_low[i * k + t]}, sum);
            left[i * k + t] = sum.hi, left_low[i * k + t] = sum.lo;
        }
    }
}

static void solve(const lw_system *s, space *w)
{
    size_t p = s->p, k = s->k, ld = p + k;
    memset(s->slopes, 0, p * k * sizeof(double));
    memset(s->slopes_low, 0, p * k * sizeof(double));
    for (size_t r = 0; r < p; r++)
        for (size_t i = 0; i <= r; i++) {
            pair f = over((pair){w->l[r * p + i], w->l_low[r * p + i]}, w->pivot[r]);
            add_multiple(s->slopes + i * k, s->slopes_low + i * k, f,
                         w->a + r * ld + p, w->a_low + r * ld + p, k);
        }
    LW_NAME(remain)(s, w->left, w->left_low);
    /* One correction by the residual. */
    for (size_t i = 0; i < p; i++)
        for (size_t c = 0; c < p; c++)
            add_multiple(s->slopes + i * k, s->slopes_low + i * k,
                         (pair){s->inverse[i * p + c], s->inverse_low[i * p + c]},
                         w->left + c * k, w->left_low + c * k, k);
    LW_NAME(remain)(s, w->left, w->left_low);
    /* b'g + b'(g - S b): what is wrong with b comes in squared. */
    for (size_t t = 0; t < k; t++) {
        pair sum = {0.0, 0.0};
        for (size_t i = 0; i < p; i++) {
            size_t at = i * k + t;
            pair g = plus((pair){s->xy[at], s->xy_low[at]},
                          (pair){w->left[at], w->left_low[at]});
            sum = plus(sum, times((pair){s->slopes[at], s->slopes_low[at]}, g));
        }
        s->explained[t] = sum.hi, s->explained_low[t] = sum.lo;
    }
}

int LW_NAME(system)(lw_system *s)
{
    space w = lay_out(s);
    if (eliminate(s, &w))
        return 1;
    invert(s, &w);
    solve(s, &w);
    return 0;
}
