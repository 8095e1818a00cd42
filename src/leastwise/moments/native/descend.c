/* Gradient descent on the mean squared error of standardised rows, in closed form: see
   loops/spectrum.py and loops/descent.py for what and why. It serves few inputs of full
   rank and a start of zero; everything else is left to NumPy. */
#include "solve_private.h"

#include <stdlib.h>

enum { MOST = 16, SWEEPS = 40 };
static const double EPS = 0x1p-52, BLOW_UP = 1e12, MOST_EXPONENT = 690.0;

typedef struct {
    size_t p;
    double term[MOST], rate[MOST]; /* of the squared gradient, a quarter of it */
} way;

/* Cyclic Jacobi (Golub and Van Loan, algorithm 8.5.3): a becomes diagonal, v its
   vectors in columns. */
static int diagonalise(double *a, double *v, size_t p)
{
    for (size_t i = 0; i < p * p; i++)
        v[i] = i % (p + 1) ? 0.0 : 1.0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0.0, on = 0.0;
        for (size_t i = 0; i < p * p; i++)
            *(i % (p + 1) ? &off : &on) += a[i] * a[i];
        if (off <= 0x1p-120 * on)
            return 1;
        for (size_t i = 0; i < p; i++)
            for (size_t j = i + 1; j < p; j++) {
                double b = a[i * p + j];
                if (b == 0.0)
                    continue;
                double tau = (a[j * p + j] - a[i * p + i]) / (2.0 * b);
                double t = copysign(1.0, tau) / (fabs(tau) + sqrt(1.0 + tau * tau));
                double c = 1.0 / sqrt(1.0 + t * t), s = t * c;
                for (size_t r = 0; r < p; r++) {
                    double x = a[r * p + i], y = a[r * p + j];
                    a[r * p + i] = c * x - s * y, a[r * p + j] = s * x + c * y;
                }
                for (size_t r = 0; r < p; r++) {
                    double x = a[i * p + r], y = a[j * p + r];
                    a[i * p + r] = c * x - s * y, a[j * p + r] = s * x + c * y;
                    x = v[r * p + i], y = v[r * p + j];
                    v[r * p + i] = c * x - s * y, v[r * p + j] = s * x + c * y;
                }
                a[i * p + j] = a[j * p + i] = 0.0;
            }
    }
    return 0;
}

static double total(const way *w, const double *term, double k)
{
    double sum = 0.0;
    for (size_t i = 0; i < w->p; i++)
        if (term[i] != 0.0)
            sum += term[i] * exp(fmin(k * w->rate[i], MOST_EXPONENT));
    return sum;
}

/* The first whole k in start..end at which sign * (total - mark) > 0 (>= with even),
   end if none; true from there on. */
static double first(const way *w, const double *term, double mark, int sign, int even,
                    double start, double end)
{
    while (start < end) {
        double middle = floor(0.5 * (start + end));
        double over = sign * (total(w, term, middle) - mark);
        if (over > 0.0 || (even && over == 0.0))
            end = middle;
        else
            start = middle + 1.0;
    }
    return end;
}

static double stop(const way *w, double least, double most, double steps)
{
    double turn = steps, change[MOST];
    int grows = 0;
    for (size_t i = 0; i < w->p; i++) {
        grows |= w->rate[i] > 0.0;
        change[i] = w->term[i] * expm1(fmin(w->rate[i], MOST_EXPONENT));
    }
    if (grows)
        turn = first(w, change, 0.0, 1, 1, 0.0, steps);
    if (total(w, w->term, turn) <= least)
        return first(w, w->term, least, -1, 1, 0.0, turn);
    return turn < steps ? first(w, w->term, most, 1, 0, turn, steps) : steps;
}

/* Standardise: gram, cross, means and scales. 0 where float64 does. */
static int standard(const lw_moments *m, const lw_scatter *s, const lw_descent *d)
{
    size_t p = m->p, k = m->k;
    const lw_system *y = &s->system;
    double noise = y->roundoff / y->weight, scale[MOST], target;
    for (size_t j = 0; j < p; j++) {
        double square = y->xx[j * p + j] / y->weight;
        if (!(square > 4.0 * noise * s->extent[j] * s->extent[j]))
            return LW_NOT_HERE;
        scale[j] = sqrt(square);
        d->scale_x[j] = ldexp(scale[j], m->exponent[j]);
        d->mean_x[j] = ldexp(s->mean[j].hi, m->exponent[j]);
    }
    for (size_t c = 0; c < k; c++) {
        size_t j = p + c;
        double square = s->yy[c].hi / y->weight;
        if (!(square > 4.0 * noise * s->extent[j] * s->extent[j]))
            return LW_NOT_HERE;
        target = sqrt(square);
        d->scale_y[c] = ldexp(target, m->exponent[j]);
        d->mean_y[c] = ldexp(s->mean[j].hi, m->exponent[j]);
        for (size_t i = 0; i < p; i++)
            d->cross[i * k + c] = y->xy[i * k + c] / y->weight / (scale[i] * target);
    }
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            d->gram[i * p + j] = y->xx[i * p + j] / y->weight / (scale[i] * scale[j]);
    return LW_DONE;
}

static void restore(const lw_descent *d, size_t p, size_t k, size_t lead)
{
    for (size_t c = 0; c < k; c++) {
        double level = d->mean_y[c];
        for (size_t i = 0; i < p; i++) {
            double t = d->theta[(lead + i) * k + c];
            double slope = d->scale_y[c] / d->scale_x[i] * t;
            d->coefficients[(lead + i) * k + c] = slope;
            level -= d->mean_x[i] * slope;
        }
        if (lead)
            d->theta[c] = 0.0, d->coefficients[c] = level;
    }
}

static int walk(const lw_moments *m, const lw_descent *d)
{
    size_t p = m->p, k = m->k, lead = (size_t)m->intercept;
    double a[MOST * MOST], v[MOST * MOST], slope = 0.0, terms = 0.0, sizes = 0.0;
    way w = {.p = p};
    for (size_t i = 0; i < p * p; i++)
        a[i] = d->gram[i];
    if (!diagonalise(a, v, p))
        return LW_NOT_HERE;
    double top = lead ? 1.0 : 0.0, low = lead ? 1.0 : INFINITY;
    for (size_t i = 0; i < p; i++)
        top = fmax(top, a[i * p + i]), low = fmin(low, a[i * p + i]);
    if (!(low > 16.0 * (double)(p + lead) * EPS * top))
        return LW_NOT_HERE;
    double rate = *d->rate > 0.0 ? *d->rate : 1.0 / (top + low);
    double *away = malloc(3 * p * k * sizeof *away), *best = away + p * k;
    if (!away)
        return LW_NO_MEMORY;
    for (size_t i = 0; i < p; i++) {
        double x = 2.0 * rate * a[i * p + i], square = 0.0;
        for (size_t c = 0; c < k; c++) {
            double sum = 0.0;
            for (size_t r = 0; r < p; r++)
                sum -= v[r * p + i] * d->cross[r * k + c];
            slope += sum * sum, square += sum * sum;
            away[i * k + c] = sum / a[i * p + i];
        }
        w.term[i] = square;
        w.rate[i] = x == 1.0 ? -1e300 : 2.0 * log1p(x > 1.0 ? x - 2.0 : -x);
    }
    for (size_t r = 0; r < p; r++)
        for (size_t c = 0; c < k; c++) {
            double sum = 0.0;
            for (size_t i = 0; i < p; i++)
                sum -= v[r * p + i] * away[i * k + c];
            best[r * k + c] = sum;
        }
    for (size_t r = 0; r < p; r++)
        for (size_t c = 0; c < k; c++) {
            double sum = fabs(d->cross[r * k + c]);
            for (size_t i = 0; i < p; i++)
                sum += fabs(d->gram[r * p + i]) * fabs(best[i * k + c]);
            terms += sum * sum, sizes += best[r * k + c] * best[r * k + c];
        }
    double start = 2.0 * sqrt(slope), goes = (double)(p + lead + 1);
    double floor = EPS * (2.0 * goes * sqrt(terms) + 0.5 * sqrt(sizes) / rate);
    floor = fmax(floor, *d->tolerance * start);
    double half = 0.5 * floor, roof = 0.5 * BLOW_UP * start;
    double taken = stop(&w, *d->tolerance > 0.0 ? half * half : -1.0, roof * roof, *d->steps);
    double norm = total(&w, w.term, taken);
    int fell = norm <= half * half;
    *d->diverged = !fell && (rate * top >= 1.0 || !(norm <= roof * roof));
    *d->converged = fell;
    *d->rate = rate, *d->limit = 1.0 / top, *d->steps = taken;
    for (size_t i = 0; i < p; i++) {
        double factor = exp(fmin(0.5 * taken * w.rate[i], MOST_EXPONENT));
        if (2.0 * rate * a[i * p + i] > 1.0 && fmod(taken, 2.0) == 1.0)
            factor = -factor;
        for (size_t c = 0; c < k; c++)
            away[i * k + c] *= factor;
    }
    for (size_t r = 0; r < p; r++)
        for (size_t c = 0; c < k; c++) {
            double sum = 0.0;
            for (size_t i = 0; i < p; i++)
                sum += v[r * p + i] * away[i * k + c];
            d->theta[(lead + r) * k + c] = best[r * k + c] + sum;
        }
    free(away);
    restore(d, p, k, lead);
    return LW_DONE;
}

static lw_descent descent_at(double *a, size_t p, size_t k, size_t m)
{
    lw_descent d = {.rate = a, .steps = a + 1, .tolerance = a + 2, .limit = a + 3,
                    .converged = a + 4, .diverged = a + 5};
    a += 6;
    d.coefficients = a, a += m * k;
    d.theta = a, a += m * k;
    d.mean_x = a, a += p;
    d.scale_x = a, a += p;
    d.mean_y = a, a += k;
    d.scale_y = a, a += k;
    d.gram = a, a += p * p;
    d.cross = a;
    return d;
}

static int descend(const lw_moments *m, double *out)
{
    lw_descent d = descent_at(out, m->p, m->k, m->p + (size_t)m->intercept);
    lw_scatter s = {0};
    int status = lw_prepare(m, &s);
    if (!status) {
        lw_centre(m, &s);
        status = standard(m, &s, &d);
    }
    if (!status)
        status = walk(m, &d);
    free(s.memory);
    return status;
}

int lw_descend(const lw_rows *rows, int threads, double roundoff, int intercept,
               double *out)
{
    if (rows->p == 0 || rows->p > MOST)
        return LW_NOT_HERE;
    return lw_with_moments(rows, threads, roundoff, intercept, descend, out);
}
