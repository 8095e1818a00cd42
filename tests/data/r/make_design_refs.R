# What R makes of formulas: codings, interactions, polynomials, splines, intervals.
# Usage: Rscript make_design_refs.R > design.json   (base R with splines, MASS and mgcv)
suppressMessages({library(splines); library(MASS); library(mgcv)})

text <- function(s) paste0('"', gsub('"', '\\\\"', gsub('\\\\', '\\\\\\\\', s)), '"')
plain <- function(v) if (is.character(v)) text(v) else sprintf("%.17g", as.numeric(v))
list_of <- function(parts) paste0("[", paste(parts, collapse = ","), "]")
json <- function(x) {
  if (is.matrix(x)) return(list_of(apply(x, 1, function(r) list_of(plain(unname(r))))))
  if (is.list(x)) return(paste0("{", paste(paste0(text(names(x)), ":", vapply(x, json, "")), collapse = ",\n"), "}"))
  if (is.factor(x)) x <- as.character(x)
  list_of(plain(x))
}

i <- 0:23
d <- data.frame(
  a = factor(c("u", "v", "w")[(i * 7) %% 3 + 1]), b = factor(c("k", "l")[(i * 5) %/% 3 %% 2 + 1]),
  g = factor(c("p", "q", "r", "s", "t")[(i * 11 + i %/% 5) %% 5 + 1]),
  x = (i * 37) %% 101 / 4, z = ((i * 53) %% 89 - 40) / 8, year = 1950 + (i * 29) %% 71,
  unix = 1700000000 + 3600 * ((i * 31) %% 97), y = (i * i) %% 17 + 0.5)

# Which columns a formula has: every set of terms, with and without intercept.
terms <- c("a", "b", "x", "a:b", "a:x", "b:x", "a:b:x")
columns <- list()
for (mask in 1:127) for (lead in c("1", "0")) {
  chosen <- terms[bitwAnd(mask, 2^(0:6)) > 0]
  formula <- paste("~", paste(c(lead, chosen), collapse = " + "))
  columns[[formula]] <- colnames(model.matrix(as.formula(formula), d))
}

matrices <- list()
for (formula in c(
  "~ a * b * g", "~ (a + b + x)^2", "~ (a + b + g)^2", "~ (a + b + x + z)^3", "~ a / b", "~ b / a", "~ a / x", "~ a / b / x",
  "~ (a + b) / x", "~ a / (x + z)", "~ a + b %in% a", "~ b %in% a", "~ a * b %in% g", "~ a * b * x - a:b:x", "~ x * z",
  "~ C(g, contr.sum)", "~ C(g, contr.helmert) * x", "~ C(g, contr.poly) + b", "~ C(g, contr.sdif)", "~ C(a, contr.sum) * C(b, contr.sum)",
  "~ 0 + C(a, contr.sum) + C(g, contr.helmert)", "~ C(a, contr.sum):x", "~ C(a, contr.helmert) * C(g, contr.poly) * x",
  "~ poly(x, 3) * a", "~ poly(x, 2) : poly(z, 2)", "~ bs(x, df = 5) * b", "~ ns(x, df = 3) + a:ns(z, df = 2)", "~ scale(x) * a",
  "~ scale(z, center = TRUE, scale = FALSE)", "~ poly(x, 3, raw = TRUE) : b", "~ 0 + bs(z, degree = 2) : a", "~ C(a, contr.sum) %in% b"))
  matrices[[formula]] <- unclass(model.matrix(as.formula(formula), d))[, , drop = FALSE]

codings <- list()
for (n in 2:8) for (kind in c("treatment", "sum", "helmert", "poly", "sdif"))
  codings[[paste(kind, n)]] <- get(paste0("contr.", kind))(n)
codings[["poly scores"]] <- contr.poly(4, scores = c(1, 2, 4, 8))
codings[["treatment base"]] <- contr.treatment(4, base = 3)

new <- list(x = c(-5, -0.1, 0, 3.3, 12, 24.75, 25.5, 40), year = c(1900, 1950, 1971, 2020, 2050),
            unix = 1700000000 + c(-90000, 0, 5000.5, 345600, 500000))
ask <- c(
  'poly(x, 4)', 'poly(year, 5)', 'poly(unix, 3)', 'bs(x)', 'bs(x, df = 6)', 'bs(x, df = 7, degree = 2)', 'bs(x, df = 5, intercept = TRUE)',
  'bs(x, knots = c(5, 12.5, 20))', 'bs(x, knots = c(8, 16), degree = 1, Boundary.knots = c(-1, 30))', 'bs(year, df = 5)', 'bs(unix, df = 5)',
  'bs(x, df = 9, degree = 5)', 'ns(x)', 'ns(x, df = 4)', 'ns(x, df = 5, intercept = TRUE)', 'ns(x, knots = c(5, 12.5, 20))',
  'ns(x, df = 3, Boundary.knots = c(2, 22))', 'ns(year, df = 4)', 'ns(unix, df = 4)')
bases <- list()
for (call in ask) {
  made <- eval(parse(text = call), d)
  v <- sub("^[a-z]+\\((\\w+).*$", "\\1", call)
  there <- suppressWarnings(predict(made, new[[v]]))
  bases[[call]] <- list(fit = unclass(made)[, , drop = FALSE], new = unclass(there)[, , drop = FALSE])
}
smooths <- list()
for (v in c("x", "year", "unix")) for (k in c(4, 7)) for (centred in c(FALSE, TRUE)) {
  spec <- eval(parse(text = sprintf('s(%s, bs = "cr", k = %d)', v, k)))
  made <- smoothCon(spec, data = d, absorb.cons = centred)[[1]]
  at <- data.frame(new[[v]]); names(at) <- v
  smooths[[sprintf("%s %d %s", v, k, centred)]] <- list(fit = made$X, new = PredictMat(made, at))
}

cuts <- list(
  'cut(x, c(0, 8, 16, 30))' = cut(d$x, c(0, 8, 16, 30)), 'cut(x, c(0, 8, 16, 30), include.lowest = TRUE)' = cut(d$x, c(0, 8, 16, 30), include.lowest = TRUE),
  'cut(x, c(0, 8, 16, 30), right = FALSE)' = cut(d$x, c(0, 8, 16, 30), right = FALSE),
  'cut(x, c(-Inf, 8, 16, Inf), labels = c("low", "middle", "high"))' = cut(d$x, c(-Inf, 8, 16, Inf), labels = c("low", "middle", "high")),
  'cut(year, c(1949, 1960.25, 1990, 2021))' = cut(d$year, c(1949, 1960.25, 1990, 2021)),
  'bin(x, 4)' = cut(d$x, c(-Inf, quantile(d$x, c(.25, .5, .75)), Inf)),
  'bin(x, 3)' = cut(d$x, c(-Inf, quantile(d$x, c(1/3, 2/3)), Inf)),
  'cut(x, 4)' = cut(d$x, c(-Inf, min(d$x) + diff(range(d$x)) * 1:3 / 4, Inf)))
cuts <- lapply(cuts, function(f) ifelse(is.na(f), "NA", as.character(f)))

d$v <- 1 + i %% 4
fits <- list()
at <- data.frame(a = factor(c("u", "w", "v", "v"), levels(d$a)), b = factor(c("l", "k", "k", "l"), levels(d$b)),
                 g = factor(c("t", "p", "r", "q"), levels(d$g)), x = c(-3, 4.5, 20, 31), z = c(-9, 0, 3.25, 8), year = c(1940, 1960, 2000, 2030))
for (formula in c("y ~ poly(x, 3)", "y ~ C(a, contr.sum) * ns(x, df = 3)", "log(y) ~ bs(x, df = 5) + b", "y ~ C(g, contr.helmert) + z",
                  "y ~ C(g, contr.poly) + poly(year, 2)", "y ~ a / z", "y ~ C(g, contr.sdif) + offset(z)", "sqrt(y) ~ scale(x) * a", "y ~ 0 + a + ns(z, df = 2)")) {
  m <- lm(as.formula(formula), d, weights = v)
  fits[[formula]] <- list(coef = unname(coef(m)), se = unname(summary(m)$coefficients[, 2]), new = unname(suppressWarnings(predict(m, at))))
}

cat(json(list(R = R.version.string, fits = fits, at = as.list(at), data = as.list(d), new = new, columns = columns, matrices = matrices, codings = codings,
              bases = bases, smooths = smooths, cuts = cuts)), "\n")
