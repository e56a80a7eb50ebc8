import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { skipWithout } from '../../support/system-programs.ts'
import { Team } from '../server/team.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const missing = skipWithout('chromium', existsSync(executablePath))

class OpenBrowser implements AsyncDisposable {
  readonly browser: Browser

  private constructor(browser: Browser) {
    this.browser = browser
  }

  static async open(): Promise<OpenBrowser> {
    return new OpenBrowser(await chromium.launch({ executablePath, args: ['--no-sandbox'] }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close()
  }
}

/** What the browser keeps of a page beyond its visit. */
const stored = (page: Page): Promise<string> =>
  page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])')

/** Replaces what an editor holds. */
const write = async (page: Page, editor: string, text: string): Promise<void> => {
  await page.locator(`${editor} .monaco-editor:visible`).first().click()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
}

describe.skipIf(missing)('GraphiQL in a browser', () => {
  it('shows an event of a subscription as it comes, with nothing from another server', async () => {
    await using team = await Team.start()
    const { url } = team.server
    await using open = await OpenBrowser.open()
    const page = await open.browser.newPage({ viewport: { width: 1400, height: 900 } })
    const elsewhere: string[] = []
    const failures: string[] = []
    const kept = { headers: JSON.stringify({ Authorization: `Bearer ${team.tokens.eve}` }) }
    // As an older page left it.
    await page.addInitScript(`localStorage.getItem('been') ?? Object.assign(localStorage, { been: '1',
      'graphiql:headers': ${JSON.stringify(kept.headers)}, 'graphiql:tabState': ${JSON.stringify(JSON.stringify({ tabs: [kept] }))} })`)
    page.on('request', request => {
      if (/^https?:/.test(request.url()) && !request.url().startsWith(url)) elsewhere.push(request.url())
    })
    page.on('pageerror', error => failures.push(error.message))
    page.on('console', message => {
      if (/Content.Security.Policy/i.test(message.text())) failures.push(message.text())
    })
    await page.goto(`${url}/graphql`)
    await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor({ timeout: 30_000 })
    await page.getByRole('button', { name: 'Headers' }).click()
    await write(page, '.graphiql-editor-tool', JSON.stringify({ Authorization: `Bearer ${team.tokens.bob}` }))
    await write(
      page,
      '.graphiql-query-editor',
      'subscription Delivered { inboxEvents { __typename ... on MessageCreated { message { content { text } } } } }',
    )
    // It takes what was typed a moment later, and shows that by the tab's name.
    await page.getByRole('tab', { name: 'Delivered' }).waitFor()
    await page.locator('.graphiql-execute-button').click()
    const result = page.locator('.result-window')
    await expect.poll(() => result.innerText(), { timeout: 15_000 }).toContain('StreamPosition')
    await team.send('alice', 'seen-in-the-browser')
    await expect.poll(() => result.innerText(), { timeout: 10_000 }).toContain('seen-in-the-browser')
    if (process.env.SCREENSHOT !== undefined) await page.screenshot({ path: process.env.SCREENSHOT })
    // It stores what was typed a moment later.
    await expect.poll(() => stored(page), { timeout: 10_000 }).toContain('graphiql:tabState')
    await expect.poll(() => stored(page), { timeout: 10_000 }).toContain('Delivered')
    expect(await stored(page)).not.toContain(team.tokens.bob)
    expect(await stored(page)).not.toContain(team.tokens.eve)
    await page.reload()
    await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor({ timeout: 30_000 })
    expect(await page.locator('body').innerText()).not.toContain(team.tokens.bob.slice(0, 20))
    expect(await stored(page)).not.toContain(team.tokens.bob)
    expect(elsewhere).toEqual([])
    expect(failures).toEqual([])
  }, 90_000)
})
